SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Doctor: what is installed, in which version, and the database's own clock (database_time_ms, UTC since 1970).
CREATE OR ALTER PROCEDURE dbo.sp_mi_schema
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SELECT s.object_name, s.object_type, s.version, s.install_time,
           DATEDIFF_BIG(MILLISECOND, CONVERT(DATETIME2(3), '19700101', 112), SYSUTCDATETIME()) AS database_time_ms
    FROM dbo.medical_insurance_schema AS s
    ORDER BY s.object_type, s.object_name;
END;
