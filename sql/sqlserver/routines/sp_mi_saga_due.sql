SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Tells whether a saga waits for a node: a new one, one whose holder is gone, or one whose step has ended or become uncertain.
-- Looks past every row that another transaction holds, so that an open HIS transaction stops nobody.
--   @due: 1 or 0
CREATE OR ALTER PROCEDURE dbo.sp_mi_saga_due
    @due  BIT OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;  -- READPAST is allowed in no other worth having

    SET @due = 0;
    IF EXISTS (
        SELECT 1
        FROM dbo.medical_insurance_sagas AS s
            WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ix_medical_insurance_sagas_due))
        WHERE s.due_at IS NOT NULL AND s.due_at <= SYSUTCDATETIME())
        SET @due = 1;
    ELSE IF EXISTS (
        SELECT 1
        FROM dbo.medical_insurance_sagas AS s
            WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ix_medical_insurance_sagas_watched))
        INNER JOIN dbo.medical_insurance_requests AS r WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, FORCESEEK)
            ON r.request_id = s.watched_request_id
        WHERE s.watched_request_id IS NOT NULL AND s.due_at IS NULL
          AND (r.status IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED')
               OR (s.status IN ('RUNNING', 'COMPENSATING') AND r.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL'))
               OR (s.status = 'WAITING' AND s.direction = 'BACK' AND r.status = 'MANUAL')))
        SET @due = 1;
END;
