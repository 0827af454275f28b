SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Tells whether a waiting procedure was called inside a transaction, where it could never see its answer.
--   @inside: 1 or 0
CREATE OR ALTER PROCEDURE dbo.sp_mi_in_transaction
    @inside  BIT OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET @inside = CASE WHEN @@TRANCOUNT > 0 THEN 1 ELSE 0 END;
END;
