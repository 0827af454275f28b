SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: the sign-in number all nodes share, or the right to sign in. One row comes back; its decision says which:
--   TAKE    here is a number; remaining_ms is how long it holds.
--   NONE    there is none, and the caller does not want to sign in.
--   SIGN    the caller signs in: epoch fences its result, msgid_number is its message's, database_time_ms tells the day.
--   WAIT    somebody else is signing in; remaining_ms is left of that lease.
--   KEEP    the number was refused before it ever worked, moments ago: a new one would fare no better. The refusal stands.
--   FAILED  signing in failed (message); the next try is due in remaining_ms.
--   @seen_epoch: the sign-in whose number the platform refused, 0 for none: only a newer one is handed out
--   @may_sign: 0 looks only;  @worked: 1 when the refused number is known to have worked, 2 when a person orders a new one
--   @pause_ms: so long a number that never worked is not replaced;  @lease_seconds: how long the right to sign in holds
CREATE OR ALTER PROCEDURE dbo.sp_mi_sign_in_take
    @node_id        NVARCHAR(64),
    @org_code       VARCHAR(12),
    @opter          NVARCHAR(200),
    @seen_epoch     INT,
    @may_sign       INT,
    @worked         INT,
    @pause_ms       INT,
    @lease_seconds  INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @decision VARCHAR(8) = '';
    DECLARE @epoch INT;
    DECLARE @state VARCHAR(10);
    DECLARE @sign_no NVARCHAR(30);
    DECLARE @proved SMALLINT;
    DECLARE @holder NVARCHAR(64);
    DECLARE @lease_until DATETIME2(3);
    DECLARE @sign_time DATETIME2(3);
    DECLARE @valid_until DATETIME2(3);
    DECLARE @retry_at DATETIME2(3);
    DECLARE @message NVARCHAR(500);
    DECLARE @until DATETIME2(3);
    DECLARE @resource NVARCHAR(255);
    DECLARE @lock INT;
    DECLARE @first BIGINT = 0;

    SELECT @epoch = s.epoch, @state = s.state, @sign_no = s.sign_no, @proved = s.proved, @valid_until = s.valid_until
    FROM dbo.medical_insurance_sign_ins AS s
    WHERE s.org_code = @org_code AND s.opter = @opter;
    IF @state = 'SIGNED_IN' AND @valid_until > @now AND @epoch > @seen_epoch
        SET @decision = 'TAKE';
    ELSE IF @may_sign = 0
        SET @decision = 'NONE';
    ELSE
    BEGIN
        BEGIN TRANSACTION;
        INSERT INTO dbo.medical_insurance_sign_ins (org_code, opter, update_time)
        SELECT @org_code, @opter, @now
        WHERE NOT EXISTS (
            SELECT 1 FROM dbo.medical_insurance_sign_ins AS s WITH (UPDLOCK, HOLDLOCK) WHERE s.org_code = @org_code AND s.opter = @opter);
        -- a write, and so a lock, also where hints are ignored (Babelfish): two epochs must not be one
        UPDATE s
        SET update_time = s.update_time
        FROM dbo.medical_insurance_sign_ins AS s
        WHERE s.org_code = @org_code AND s.opter = @opter;
        SELECT @epoch = s.epoch, @state = s.state, @sign_no = s.sign_no, @proved = s.proved, @holder = s.node_id,
               @lease_until = s.lease_until, @sign_time = s.sign_time, @valid_until = s.valid_until, @retry_at = s.retry_at,
               @message = s.message
        FROM dbo.medical_insurance_sign_ins AS s WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK)
        WHERE s.org_code = @org_code AND s.opter = @opter;
        SET @now = SYSUTCDATETIME();
        IF @state = 'SIGNED_IN' AND @valid_until > @now AND @epoch > @seen_epoch
            SET @decision = 'TAKE';
        ELSE IF @state = 'SIGNED_IN' AND @valid_until > @now AND @proved = 0 AND @worked = 0
            AND @sign_time > DATEADD(MILLISECOND, -@pause_ms, @now)
            SET @decision = 'KEEP';
        ELSE IF @state = 'FAILED' AND @retry_at > @now AND @worked < 2
            SET @decision = 'FAILED';
        ELSE IF @state = 'SIGNING' AND @lease_until > @now
            AND @holder COLLATE Latin1_General_BIN2 <> @node_id COLLATE Latin1_General_BIN2
        BEGIN
            -- its own lease is a call repeated; a holder without a connection is dead
            SET @resource = N'mi_bridge_node:' + RTRIM(@holder);
            EXEC @lock = sys.sp_getapplock @Resource = @resource, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 0;
            SET @decision = CASE WHEN @lock >= 0 THEN 'SIGN' ELSE 'WAIT' END;
        END
        ELSE
            SET @decision = 'SIGN';

        IF @decision = 'SIGN'
        BEGIN
            EXEC dbo.sp_mi_take_msgids @count = 1, @first = @first OUTPUT;
            SET @epoch = @epoch + 1;
            SET @proved = 0;
            SET @lease_until = DATEADD(SECOND, @lease_seconds, @now);
            UPDATE s
            SET state = 'SIGNING', epoch = @epoch, sign_no = NULL, proved = 0, node_id = @node_id, lease_until = @lease_until,
                valid_until = NULL, retry_at = NULL, update_time = @now
            FROM dbo.medical_insurance_sign_ins AS s
            WHERE s.org_code = @org_code AND s.opter = @opter;
        END;
        COMMIT TRANSACTION;
    END;

    SET @until = CASE @decision
        WHEN 'TAKE' THEN @valid_until WHEN 'FAILED' THEN @retry_at WHEN 'NONE' THEN @now WHEN 'KEEP' THEN @now
        ELSE @lease_until END;
    SELECT @decision AS decision, COALESCE(@epoch, 0) AS epoch, CASE WHEN @decision = 'TAKE' THEN @sign_no END AS sign_no,
           COALESCE(@proved, CONVERT(SMALLINT, 0)) AS proved,
           CASE WHEN @until > @now THEN DATEDIFF_BIG(MILLISECOND, @now, @until) ELSE CONVERT(BIGINT, 0) END AS remaining_ms,
           CASE WHEN @decision = 'FAILED' THEN @message END AS message, @first AS msgid_number,
           DATEDIFF_BIG(MILLISECOND, CONVERT(DATETIME2(3), '19700101', 112), @now) AS database_time_ms;
END;
