SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Operator: the newest sagas, without payload.
--   @status: empty for all;  @saga_code: empty for all;  @before_id: below this id, NULL for the newest;  @limit: most rows, from 1
CREATE OR ALTER PROCEDURE dbo.sp_mi_sagas
    @status     VARCHAR(12),
    @saga_code  VARCHAR(32),
    @before_id  BIGINT,
    @limit      INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT TOP (@limit) v.saga_id, v.saga_code, v.status, v.current_step, v.error_code, v.error_message, v.create_time, v.since, v.advice
    FROM dbo.v_medical_insurance_saga AS v
    WHERE (@status = '' OR v.status = @status)
      AND (@saga_code = '' OR v.saga_code = @saga_code)
      AND (@before_id IS NULL OR v.saga_id < @before_id)
    ORDER BY v.saga_id DESC;
END;
