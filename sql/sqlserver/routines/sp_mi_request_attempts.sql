SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Operator: every send of one request, oldest first, without payload.
CREATE OR ALTER PROCEDURE dbo.sp_mi_request_attempts
    @request_id  BIGINT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SELECT a.attempt_id, a.epoch, a.kind, a.msgid, a.node_id, a.body_hash, a.create_time, a.answer_time, a.outcome, a.infcode,
           a.fault, a.http_status, a.duration_ms
    FROM dbo.medical_insurance_attempts AS a
    WHERE a.request_id = @request_id
    ORDER BY a.attempt_id;
END;
