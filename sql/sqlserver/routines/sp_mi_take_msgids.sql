SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Hands out message numbers: seconds of the database's clock × 10000 + a sequence of four digits, never twice, never backwards,
-- whatever the clock does. A second that runs out of numbers borrows from the next. Each number is counter_step behind the one before and
-- owns the numbers up to the next, so that a site may write it with fewer digits.
--   @count: how many, from 1
--   @first: the first of them. Left out, or NULL, it comes as a row (msgid_number); a variable that holds 0 gets it without a row.
CREATE OR ALTER PROCEDURE dbo.sp_mi_take_msgids
    @count  INT,
    @first  BIGINT = NULL OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @as_row BIT = CASE WHEN @first IS NULL THEN 1 ELSE 0 END;
    DECLARE @now BIGINT = DATEDIFF_BIG(SECOND, CONVERT(DATETIME2(3), '19700101', 112), SYSUTCDATETIME()) * 10000;
    DECLARE @taken TABLE (counter_value BIGINT NOT NULL, counter_step BIGINT NOT NULL);

    UPDATE c
    SET counter_value = ((CASE WHEN c.counter_value > @now THEN c.counter_value ELSE @now END + c.counter_step - 1) / c.counter_step + @count)
        * c.counter_step
    OUTPUT inserted.counter_value, inserted.counter_step INTO @taken (counter_value, counter_step)
    FROM dbo.medical_insurance_counters AS c
    WHERE c.counter_name = 'msgid';
    SELECT @first = t.counter_value - @count * t.counter_step FROM @taken AS t;
    IF @as_row = 1
        SELECT @first AS msgid_number;
END;
