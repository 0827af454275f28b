SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Tells whether a claim would find something: a backoff that is over, or a request whose key is free and whose
-- limits have room. Looks past every row that another transaction holds, so that an open HIS transaction stops nobody.
--   @floor_rank: entries of the queue before this rank are not looked at; 0 looks at all
--   @has_work: 1 or 0
CREATE OR ALTER PROCEDURE dbo.sp_mi_has_work
    @floor_rank  BIGINT,
    @has_work    BIT OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;  -- READPAST is allowed in no other worth having
    DECLARE @full TABLE (org_code VARCHAR(12) NOT NULL, interface_code VARCHAR(10) NOT NULL);

    SET @has_work = 0;
    -- the two cheap looks come first, since an idle node looks a hundred times a second
    IF NOT EXISTS (
        SELECT 1
        FROM dbo.medical_insurance_requests AS q
            WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ix_medical_insurance_requests_queue))
        WHERE q.status = 'PENDING' AND q.available_at IS NULL AND q.queue_rank >= @floor_rank)
       AND NOT EXISTS (
        SELECT 1
        FROM dbo.medical_insurance_requests AS w
            WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ix_medical_insurance_requests_backoff))
        WHERE w.status = 'PENDING' AND w.available_at IS NOT NULL AND w.available_at <= SYSUTCDATETIME())
        RETURN;

    -- limits that have no room left: what they hold waits, and nothing else waits behind it
    IF EXISTS (SELECT 1 FROM dbo.medical_insurance_limits AS l WHERE l.enabled = 1)
        INSERT INTO @full (org_code, interface_code)
        SELECT u.org_code, u.interface_code
        FROM dbo.v_medical_insurance_limits AS u
        WHERE u.room <= 0;

    -- a request without a key finds no other of its key, for nothing equals NULL
    IF EXISTS (
        SELECT 1
        FROM dbo.medical_insurance_requests AS r
            WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ix_medical_insurance_requests_queue))
        WHERE r.status = 'PENDING' AND r.available_at IS NULL AND r.queue_rank >= @floor_rank
          AND NOT EXISTS (
              SELECT 1 FROM @full AS f
              WHERE f.org_code IN ('', r.org_code) AND f.interface_code IN ('', r.interface_code))
          AND NOT EXISTS (
              SELECT 1
              FROM dbo.medical_insurance_requests AS b
                  WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ux_medical_insurance_requests_live))
              WHERE b.order_key = r.order_key AND b.order_key IS NOT NULL
                AND b.status IN ('CLAIMED', 'SENDING', 'DIVIDED', 'UNCERTAIN', 'REVERSING', 'MANUAL'))
          AND NOT EXISTS (
              SELECT 1
              FROM dbo.medical_insurance_requests AS e
                  WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ix_medical_insurance_requests_key))
              WHERE e.order_key = r.order_key AND e.order_key IS NOT NULL
                AND e.status = 'PENDING' AND e.request_id < r.request_id))
        SET @has_work = 1;
    ELSE IF EXISTS (
        SELECT 1
        FROM dbo.medical_insurance_requests AS w
            WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ix_medical_insurance_requests_backoff))
        WHERE w.status = 'PENDING' AND w.available_at IS NOT NULL AND w.available_at <= SYSUTCDATETIME())
        SET @has_work = 1;
END;
