SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: a request this node has claimed and not sent is too large for one call: makes its parts, in one transaction, and leaves it
-- DIVIDED until the last of them has ended. Nothing was sent; costs no attempt.
-- Each part is a request of its own, with its own message number, intent and resolution. The parts share a key of their own, so that one
-- is under way at a time, in their order; the divided request keeps the patient's key, so that nothing of the patient comes between.
-- They wait where it waited: its rank, its time.
--   @parts: JSON array of {part_no, first_row, row_count, stop_on_refusal, input_data};  @check_report: what the check of the whole found
-- Returns how many parts there are now (parts); 0 when the request is no longer this epoch's; -1 when it cannot be divided and must go as
-- it is: it is a part, or may have been sent before. A repeated call (the first answer was lost) makes none.
CREATE OR ALTER PROCEDURE dbo.sp_mi_divide
    @node_id       NVARCHAR(64),
    @request_id    BIGINT,
    @epoch         INT,
    @parts         NVARCHAR(MAX),
    @check_report  NVARCHAR(4000)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @rows INT;
    DECLARE @made INT;

    IF COALESCE(ISJSON(@parts), 0) = 0
        THROW 51902, N'sp_mi_divide of mi-bridge: @parts is not JSON.', 1;
    BEGIN TRANSACTION;
    UPDATE r
    SET status = 'DIVIDED', update_time = @local_now, node_id = NULL, lease_until = NULL,
        check_report = COALESCE(@check_report, r.check_report)
    FROM dbo.medical_insurance_requests AS r
    WHERE r.request_id = @request_id AND r.epoch = @epoch AND r.node_id = @node_id AND r.status = 'CLAIMED'
      AND r.sends = 0 AND r.parent_id IS NULL AND EXISTS (SELECT 1 FROM OPENJSON(@parts) AS j);
    SET @rows = @@ROWCOUNT;
    IF @rows = 1
        INSERT INTO dbo.medical_insurance_requests (
            interface_code, org_code, input_data, money_class, priority, queue_rank, order_key, create_time, update_time, expires_at,
            timeout_seconds, max_retry_count, insuplc_admdvs, opter, opter_name, opter_type,
            parent_id, part_no, first_row, row_count, stop_on_refusal)
        SELECT r.interface_code, r.org_code, i.input_data, r.money_class, r.priority, r.queue_rank,
               'D:' + CONVERT(VARCHAR(20), r.request_id), @local_now, @local_now,
               r.expires_at, r.timeout_seconds, r.max_retry_count, r.insuplc_admdvs, r.opter, r.opter_name, r.opter_type,
               r.request_id, i.part_no, i.first_row, i.row_count, i.stop_on_refusal
        FROM OPENJSON(@parts) WITH (
            part_no          INT            '$.part_no',
            first_row        INT            '$.first_row',
            row_count        INT            '$.row_count',
            stop_on_refusal  SMALLINT       '$.stop_on_refusal',
            input_data       NVARCHAR(MAX)  '$.input_data') AS i
        CROSS JOIN dbo.medical_insurance_requests AS r
        WHERE r.request_id = @request_id
        ORDER BY i.part_no;
    SET @made = (
        SELECT COUNT(*)
        FROM dbo.medical_insurance_requests AS r
        INNER JOIN dbo.medical_insurance_requests AS c ON c.parent_id = r.request_id AND c.parent_id IS NOT NULL
        WHERE r.request_id = @request_id AND r.epoch = @epoch AND r.status = 'DIVIDED');
    IF @rows = 0 AND EXISTS (
        SELECT 1 FROM dbo.medical_insurance_requests AS r
        WHERE r.request_id = @request_id AND r.epoch = @epoch AND r.node_id = @node_id AND r.status = 'CLAIMED')
        SET @made = -1;
    COMMIT TRANSACTION;

    SELECT @made AS parts;
END;
