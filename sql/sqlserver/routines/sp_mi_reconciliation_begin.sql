SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: notes that a reconciliation of the days @first_day to @last_day begins. Returns its number (run_id); a later one has a higher.
CREATE OR ALTER PROCEDURE dbo.sp_mi_reconciliation_begin
    @node_id    NVARCHAR(4000),
    @first_day  DATE,
    @last_day   DATE
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @made TABLE (run_id BIGINT NOT NULL);

    INSERT INTO dbo.medical_insurance_reconciliation_runs (node_id, first_day, last_day, begin_time)
    OUTPUT inserted.run_id INTO @made (run_id)
    VALUES (LEFT(@node_id, 64), @first_day, @last_day, SYSDATETIME());
    SELECT m.run_id FROM @made AS m;
END;
