SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Operator: how far each catalogue is.
CREATE OR ALTER PROCEDURE dbo.sp_mi_catalogues
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT v.catalogue, v.catalogue_name, v.version, v.item_count, v.source_name, v.loaded, v.source_rows, v.message, v.node_id, v.begin_time, v.finish_time
    FROM dbo.v_medical_insurance_catalogue_syncs AS v
    ORDER BY v.catalogue;
END;
