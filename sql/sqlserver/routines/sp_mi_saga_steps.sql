SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Operator: every step of one saga, in the order they were taken, without payload.
CREATE OR ALTER PROCEDURE dbo.sp_mi_saga_steps
    @saga_id  BIGINT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SELECT v.step_order, v.step_code, v.direction, v.attempt, v.interface_code, v.request_id, v.status, v.infcode, v.error_message,
           v.create_time
    FROM dbo.v_medical_insurance_saga_steps AS v
    WHERE v.saga_id = @saga_id
    ORDER BY CASE v.direction WHEN 'FORWARD' THEN v.step_order ELSE 1000 - v.step_order END, v.attempt;
END;
