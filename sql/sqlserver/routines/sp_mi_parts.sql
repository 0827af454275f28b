SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: the parts of a divided request with what became of each, in their order, once the last has ended; nothing before that.
-- epoch is the divided request's: it fences the answer that is made of the parts'.
CREATE OR ALTER PROCEDURE dbo.sp_mi_parts
    @request_id  BIGINT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT r.epoch, c.part_no, c.first_row, c.row_count, c.status, p.outcome, p.infcode, p.err_msg, c.error_message,
           (SELECT TOP (1) a.msgid FROM dbo.medical_insurance_attempts AS a
            WHERE a.request_id = c.request_id AND a.kind = 'original' ORDER BY a.attempt_id DESC) AS msgid,
           p.response_data
    FROM dbo.medical_insurance_requests AS r
    INNER JOIN dbo.medical_insurance_requests AS c ON c.parent_id = r.request_id AND c.parent_id IS NOT NULL
    LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = c.request_id
    WHERE r.request_id = @request_id AND r.status = 'DIVIDED'
      AND NOT EXISTS (
          SELECT 1 FROM dbo.medical_insurance_requests AS o
          WHERE o.parent_id = r.request_id AND o.parent_id IS NOT NULL AND o.status NOT IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED'))
    ORDER BY c.part_no;
END;
