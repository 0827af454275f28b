SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: tells how far apart the site's message numbers are, from the profile, at every start. Gives one row: 1 when that changed, else 0.
-- Numbers given out before keep what they own, so a change makes no number twice.
CREATE OR ALTER PROCEDURE dbo.sp_mi_sync_msgid_step
    @step  BIGINT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @rows INT;

    UPDATE c
    SET counter_step = @step
    FROM dbo.medical_insurance_counters AS c
    WHERE c.counter_name = 'msgid' AND c.counter_step <> @step AND @step > 0;
    SET @rows = @@ROWCOUNT;
    SELECT @rows AS changed;
END;
