SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Puts one request in the queue, inside the caller's transaction. All parameters are checked first and all
-- faults are told together. Gives the request and 0, or no request and an error. Never raises.
--   parameters as in sp_medical_insurance_call, declared wider than their columns so that a value too long is seen, not cut
--   @request_id: the request, NULL with an error
--   @error_code: 0, -1001, -1003, -1006 or -1008;  @error_message: in Chinese, empty with 0
CREATE OR ALTER PROCEDURE dbo.sp_mi_submit
    @interface_code  NVARCHAR(50),
    @input_data      NVARCHAR(MAX),
    @timeout         INT,
    @retry_count     INT,
    @org_code        NVARCHAR(50),
    @business_key    NVARCHAR(200),
    @priority        INT,
    @serial_key      NVARCHAR(200),
    @insuplc_admdvs  NVARCHAR(50),
    @opter           NVARCHAR(200),
    @opter_name      NVARCHAR(200),
    @opter_type      NVARCHAR(50),
    @request_id      BIGINT         OUTPUT,
    @error_code      INT            OUTPUT,
    @error_message   NVARCHAR(500)  OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    -- a table with filtered indexes takes rows under these settings only, whatever an old HIS driver has set (error 1934)
    SET ANSI_WARNINGS ON;
    SET ANSI_PADDING ON;
    SET ARITHABORT ON;
    SET CONCAT_NULL_YIELDS_NULL ON;
    SET NUMERIC_ROUNDABORT OFF;
    -- a HIS transaction of a stricter level must not keep our reads locked until it ends
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @faults NVARCHAR(4000) = N'';
    DECLARE @head NVARCHAR(MAX);
    DECLARE @valid INT;
    DECLARE @escapes NVARCHAR(MAX);
    DECLARE @at BIGINT;
    DECLARE @code VARCHAR(10);
    DECLARE @org VARCHAR(12);
    DECLARE @business NVARCHAR(64);
    DECLARE @money_class CHAR(1);
    DECLARE @ordered SMALLINT;
    DECLARE @enabled SMALLINT;
    DECLARE @max_input_chars INT;
    DECLARE @order_key NVARCHAR(80);
    DECLARE @hash VARBINARY(32);
    DECLARE @earlier_id BIGINT;
    DECLARE @earlier_hash VARBINARY(32);
    DECLARE @resource NVARCHAR(255);
    DECLARE @lock INT;
    DECLARE @own_transaction BIT = 0;
    DECLARE @log NVARCHAR(200);

    SET @request_id = NULL;
    SET @error_code = 0;
    SET @error_message = N'';
    BEGIN TRY
        -- 1. parameters, all of them; lengths in UTF-16 units, as the columns count. What comes out of a CHAR(n) has blanks behind.
        SET @interface_code = RTRIM(@interface_code);
        SET @org_code = RTRIM(@org_code);
        SET @insuplc_admdvs = RTRIM(@insuplc_admdvs);
        SET @opter = RTRIM(@opter);
        SET @opter_name = RTRIM(@opter_name);
        SET @opter_type = RTRIM(@opter_type);
        SET @business_key = RTRIM(@business_key);
        SET @serial_key = RTRIM(@serial_key);
        IF COALESCE(@interface_code, N'') = N''
            SET @faults = @faults + N'；interface_code：不能为空，请填写交易编号，例如 1101';
        ELSE IF DATALENGTH(@interface_code) > 20 OR @interface_code COLLATE Latin1_General_BIN2 LIKE N'%[^0-9A-Za-z]%'
            SET @faults = @faults + N'；interface_code：应为不超过 10 位的字母或数字';
        SET @head = LTRIM(REPLACE(REPLACE(REPLACE(LEFT(@input_data, 4000), NCHAR(9), N' '), NCHAR(10), N' '), NCHAR(13), N' '));
        IF @head = N'' AND DATALENGTH(@input_data) > 8000
            SET @head = LTRIM(REPLACE(REPLACE(REPLACE(@input_data, NCHAR(9), N' '), NCHAR(10), N' '), NCHAR(13), N' '));
        IF COALESCE(@head, N'') = N''
            SET @faults = @faults + N'；input_data：不能为空，请填写 JSON 对象';
        IF COALESCE(@timeout, 300) NOT BETWEEN 1 AND 86400
            SET @faults = @faults + N'；timeout：应为 1 至 86400 秒';
        IF COALESCE(@retry_count, 3) NOT BETWEEN 0 AND 20
            SET @faults = @faults + N'；retry_count：应为 0 至 20';
        IF COALESCE(@priority, 5) NOT BETWEEN 0 AND 9
            SET @faults = @faults + N'；priority：应为 0（最高）至 9';
        IF COALESCE(@org_code, N'') <> N'' AND @org_code COLLATE Latin1_General_BIN2
                NOT LIKE N'[HP][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'
            SET @faults = @faults + N'；org_code：应为 H 或 P 加 11 位数字';
        IF COALESCE(@insuplc_admdvs, N'') <> N'' AND @insuplc_admdvs COLLATE Latin1_General_BIN2
                NOT LIKE N'[0-9][0-9][0-9][0-9][0-9][0-9]'
            SET @faults = @faults + N'；insuplc_admdvs：应为 6 位数字';
        IF DATALENGTH(@business_key) > 128
            SET @faults = @faults + N'；business_key：不能超过 64 个字符';
        IF DATALENGTH(@serial_key) > 128
            SET @faults = @faults + N'；serial_key：不能超过 64 个字符';
        IF DATALENGTH(@opter) > 60
            SET @faults = @faults + N'；opter：不能超过 30 个字符';
        IF DATALENGTH(@opter_name) > 100
            SET @faults = @faults + N'；opter_name：不能超过 50 个字符';
        IF COALESCE(@opter_type, N'') COLLATE Latin1_General_BIN2 NOT IN (N'', N'1', N'2', N'3')
            SET @faults = @faults + N'；opter_type：应为 1 经办人、2 自助终端或 3 移动终端';
        IF @faults <> N''
        BEGIN
            SET @error_code = -1001;
            SET @error_message = LEFT(N'参数错误：' + SUBSTRING(@faults, 2, 4000), 500);
            RETURN;
        END;

        -- 2. the interface; its own spelling of the code goes on, also where the database does not tell case apart
        SET @code = @interface_code;
        SELECT @code = i.interface_code, @money_class = i.money_class, @ordered = i.ordered, @enabled = i.enabled,
               @max_input_chars = i.max_input_chars
        FROM dbo.medical_insurance_interfaces AS i
        WHERE i.interface_code = @code;
        IF @money_class IS NULL
        BEGIN
            SET @error_code = -1006;
            SET @error_message = N'未知接口 ' + @interface_code + N'：请核对交易编号';
            RETURN;
        END;
        IF @enabled = 0
        BEGIN
            SET @error_code = -1006;
            SET @error_message = N'接口 ' + @interface_code + N' 已停用：请联系管理员';
            RETURN;
        END;

        -- 3. the input
        IF DATALENGTH(@input_data) / 2 > @max_input_chars
        BEGIN
            SET @error_code = -1001;
            SET @error_message = N'参数错误：input_data：长度 ' + CONVERT(NVARCHAR(20), DATALENGTH(@input_data) / 2)
                + N' 个字符，超过上限 ' + CONVERT(NVARCHAR(11), @max_input_chars) + N'，请分批提交';
            RETURN;
        END;
        -- What cannot travel on is refused here as in PostgreSQL: the escapes of NUL and of half a surrogate pair. In valid JSON
        -- backslashes pair up from the left, so with the pairs blanked out every backslash left begins an escape. A raw NUL or
        -- half a pair, and what ISJSON lets pass beyond the standard, the bridge refuses.
        SET @valid = ISJSON(@input_data);
        IF @valid = 1 AND CHARINDEX(N'\u', @input_data COLLATE Latin1_General_BIN2) > 0
        BEGIN
            SET @escapes = LOWER(REPLACE(@input_data COLLATE Latin1_General_BIN2, N'\\', N'//'));
            IF CHARINDEX(N'\u0000', @escapes COLLATE Latin1_General_BIN2) > 0
                SET @valid = 0;
            SET @at = CHARINDEX(N'\ud', @escapes COLLATE Latin1_General_BIN2);
            WHILE @at > 0
                IF SUBSTRING(@escapes COLLATE Latin1_General_BIN2, @at + 3, 1) IN (N'8', N'9', N'a', N'b')
                    AND SUBSTRING(@escapes COLLATE Latin1_General_BIN2, @at + 6, 3) = N'\ud'
                    AND SUBSTRING(@plain, @at + 9, 1) IN (N'c', N'd', N'e', N'f')
                    SET @at = CHARINDEX(N'\ud', @escapes COLLATE Latin1_General_BIN2, @at + 12);
                ELSE IF SUBSTRING(@escapes COLLATE Latin1_General_BIN2, @at + 3, 1) IN (N'8', N'9', N'a', N'b', N'c', N'd', N'e', N'f')
                BEGIN
                    SET @valid = 0;
                    BREAK;
                END
                ELSE
                    SET @at = CHARINDEX(N'\ud', @escapes COLLATE Latin1_General_BIN2, @at + 6);
        END;
        IF COALESCE(@valid, 0) = 0
        BEGIN
            SET @error_code = -1001;
            SET @error_message = N'参数错误：input_data：不是有效的 JSON（语法错误、空字符、孤立的代理字符或数值超出范围）';
            RETURN;
        END;
        IF LEFT(@head, 1) <> N'{'
        BEGIN
            SET @error_code = -1001;
            SET @error_message = N'参数错误：input_data：应为 JSON 对象 {…}，不能是数组或单个值';
            RETURN;
        END;
        IF @ordered = 1 OR COALESCE(@serial_key, N'') <> N''
            EXEC dbo.sp_mi_order_key @input = @input_data, @serial_key = @serial_key, @order_key = @order_key OUTPUT;

        -- 4. an earlier submit under the same business key
        SET @org = COALESCE(@org_code, N'');
        IF COALESCE(@business_key, N'') <> N''
        BEGIN
            SET @business = @business_key;
            SET @hash = HASHBYTES('SHA2_256', @input_data);
            IF @@TRANCOUNT = 0
            BEGIN
                SET @own_transaction = 1;
                BEGIN TRANSACTION;
            END;
            -- A lock on this very key, until the caller's transaction ends. UPDLOCK with HOLDLOCK would lock the gap between two
            -- keys as well, and a HIS transaction left open would stop every other submit that falls into it.
            SET @resource = N'mi_bridge_key:' + @org + N':' + @code + N':' + RTRIM(@business);
            EXEC @lock = sys.sp_getapplock @Resource = @resource, @LockMode = 'Exclusive', @LockOwner = 'Transaction';
            IF @lock < 0
            BEGIN
                IF @own_transaction = 1
                    ROLLBACK TRANSACTION;
                SET @log = N'sp_getapplock ' + CONVERT(NVARCHAR(11), @lock);
                SET @error_code = -1003;
                SET @error_message = N'请求未能排队（' + @log + N'）：请稍后重试，并查看 medical_insurance_error_log';
                EXEC dbo.sp_mi_log_error @request_id = NULL, @source = N'sp_mi_submit', @error_code = -1003, @error_message = @log;
                RETURN;
            END;
            -- READCOMMITTEDLOCK: what another transaction committed while we waited is seen in every isolation level
            SELECT @earlier_id = r.request_id, @earlier_hash = r.content_hash
            FROM dbo.medical_insurance_requests AS r WITH (READCOMMITTEDLOCK)
            WHERE r.org_code = @org AND r.interface_code = @code AND r.business_key = @business AND r.business_key IS NOT NULL;
            IF @earlier_id IS NOT NULL
            BEGIN
                IF @own_transaction = 1
                    COMMIT TRANSACTION;
                IF @earlier_hash = @hash
                    SET @request_id = @earlier_id;
                ELSE
                BEGIN
                    SET @error_code = -1008;
                    SET @error_message = N'业务键 ' + @business_key + N' 已用于内容不同的请求 ' + CONVERT(NVARCHAR(20), @earlier_id)
                        + N'：请更换业务键';
                END;
                RETURN;
            END;
        END;

        -- 5. into the queue
        INSERT INTO dbo.medical_insurance_requests (
            interface_code, org_code, input_data, money_class, priority, queue_rank, order_key, business_key, content_hash,
            create_time, update_time, expires_at, timeout_seconds, max_retry_count, insuplc_admdvs, opter, opter_name, opter_type)
        VALUES (
            @code, @org, @input_data, @money_class, COALESCE(@priority, 5),
            DATEDIFF_BIG(MILLISECOND, CONVERT(DATETIME2(3), '19700101', 112), @now) + COALESCE(@priority, 5) * 60000,
            @order_key, @business, @hash,
            @local_now, @local_now, DATEADD(SECOND, COALESCE(@timeout, 300), @now), COALESCE(@timeout, 300), COALESCE(@retry_count, 3),
            COALESCE(@insuplc_admdvs, N''), COALESCE(@opter, N''), COALESCE(@opter_name, N''), COALESCE(@opter_type, N''));
        SET @request_id = SCOPE_IDENTITY();
        IF @own_transaction = 1
            COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        SET @log = N'error ' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N', line ' + CONVERT(NVARCHAR(11), ERROR_LINE());
        -- only what was begun here is rolled back; HIS's own transaction is HIS's to end
        IF @own_transaction = 1 AND XACT_STATE() <> 0
            ROLLBACK TRANSACTION;
        SET @request_id = NULL;
        SET @error_code = -1003;
        SET @error_message = N'请求未能排队（' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N'）：请稍后重试，并查看 medical_insurance_error_log';
        IF XACT_STATE() <> -1
            EXEC dbo.sp_mi_log_error @request_id = NULL, @source = N'sp_mi_submit', @error_code = -1003, @error_message = @log;
    END CATCH;
END;
