SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Puts one saga in the list of those that are due, inside the caller's transaction, and ties it to the definition that is active
-- now. All parameters are checked first and all faults are told together. Gives the saga and 0, or no saga and an error. Never raises.
--   parameters as in sp_medical_insurance_saga, declared wider than their columns so that a value too long is seen, not cut
--   @saga_id: the saga, NULL with an error
--   @error_code: 0, -1001, -1003, -1006 or -1008;  @error_message: in Chinese, empty with 0
CREATE OR ALTER PROCEDURE dbo.sp_mi_saga_submit
    @saga_code       NVARCHAR(200),
    @input_data      NVARCHAR(MAX),
    @timeout         INT,
    @org_code        NVARCHAR(50),
    @business_key    NVARCHAR(200),
    @priority        INT,
    @insuplc_admdvs  NVARCHAR(50),
    @opter           NVARCHAR(200),
    @opter_name      NVARCHAR(200),
    @opter_type      NVARCHAR(50),
    @saga_id         BIGINT         OUTPUT,
    @error_code      INT            OUTPUT,
    @error_message   NVARCHAR(500)  OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    -- as in sp_mi_submit: the settings that filtered indexes ask for, and no read that stays locked until HIS's transaction ends
    SET ANSI_WARNINGS ON;
    SET ANSI_PADDING ON;
    SET ARITHABORT ON;
    SET CONCAT_NULL_YIELDS_NULL ON;
    SET NUMERIC_ROUNDABORT OFF;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @faults NVARCHAR(4000) = N'';
    DECLARE @head NVARCHAR(MAX);
    DECLARE @valid INT;
    DECLARE @escapes NVARCHAR(MAX);
    DECLARE @at BIGINT;
    DECLARE @code VARCHAR(32);
    DECLARE @definition CHAR(64);
    DECLARE @org VARCHAR(12);
    DECLARE @business NVARCHAR(64);
    DECLARE @hash VARBINARY(32);
    DECLARE @earlier_id BIGINT;
    DECLARE @earlier_hash VARBINARY(32);
    DECLARE @resource NVARCHAR(255);
    DECLARE @lock INT;
    DECLARE @own_transaction BIT = 0;
    DECLARE @log NVARCHAR(200);

    SET @saga_id = NULL;
    SET @error_code = 0;
    SET @error_message = N'';
    BEGIN TRY
        -- 1. parameters, all of them; lengths in UTF-16 units, as the columns count. What comes out of a CHAR(n) has blanks behind.
        SET @saga_code = RTRIM(@saga_code);
        SET @org_code = RTRIM(@org_code);
        SET @insuplc_admdvs = RTRIM(@insuplc_admdvs);
        SET @opter = RTRIM(@opter);
        SET @opter_name = RTRIM(@opter_name);
        SET @opter_type = RTRIM(@opter_type);
        SET @business_key = RTRIM(@business_key);
        IF COALESCE(@saga_code, N'') = N''
            SET @faults = @faults + N'；saga_code：不能为空，请填写流程编码，例如 outpatient';
        ELSE IF DATALENGTH(@saga_code) > 64 OR @saga_code COLLATE Latin1_General_BIN2 LIKE N'%[^0-9A-Za-z_-]%'
            SET @faults = @faults + N'；saga_code：应为不超过 32 位的字母、数字、下划线或连字符';
        SET @head = LTRIM(REPLACE(REPLACE(REPLACE(LEFT(@input_data, 4000), NCHAR(9), N' '), NCHAR(10), N' '), NCHAR(13), N' '));
        IF @head = N'' AND DATALENGTH(@input_data) > 8000
            SET @head = LTRIM(REPLACE(REPLACE(REPLACE(@input_data, NCHAR(9), N' '), NCHAR(10), N' '), NCHAR(13), N' '));
        IF COALESCE(@head, N'') = N''
            SET @faults = @faults + N'；input_data：不能为空，请填写 JSON 对象';
        ELSE IF DATALENGTH(@input_data) / 2 > 2000000
            SET @faults = @faults + N'；input_data：长度 ' + CONVERT(NVARCHAR(20), DATALENGTH(@input_data) / 2)
                + N' 个字符，超过上限 2000000';
        IF COALESCE(@timeout, 300) NOT BETWEEN 1 AND 86400
            SET @faults = @faults + N'；timeout：应为 1 至 86400 秒';
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

        -- 2. the definition; its own spelling of the code goes on, also where the database does not tell case apart
        SET @code = @saga_code;
        SELECT @code = d.saga_code, @definition = d.definition_hash
        FROM dbo.medical_insurance_saga_definitions AS d
        WHERE d.saga_code = @code AND d.active = 1;
        IF @definition IS NULL
        BEGIN
            SET @error_code = -1006;
            SET @error_message = N'未知流程 ' + @saga_code + N'：请核对流程编码，并确认其定义文件已载入';
            RETURN;
        END;

        -- 3. the input; what cannot travel on is refused here as in sp_mi_submit
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
            -- a lock on this very key, until the caller's transaction ends: see sp_mi_submit
            SET @resource = N'mi_bridge_saga_key:' + @org + N':' + @code + N':' + RTRIM(@business);
            EXEC @lock = sys.sp_getapplock @Resource = @resource, @LockMode = 'Exclusive', @LockOwner = 'Transaction';
            IF @lock < 0
            BEGIN
                IF @own_transaction = 1
                    ROLLBACK TRANSACTION;
                SET @log = N'sp_getapplock ' + CONVERT(NVARCHAR(11), @lock);
                SET @error_code = -1003;
                SET @error_message = N'流程未能排队（' + @log + N'）：请稍后重试，并查看 medical_insurance_error_log';
                EXEC dbo.sp_mi_log_error @request_id = NULL, @source = N'sp_mi_saga_submit', @error_code = -1003, @error_message = @log;
                RETURN;
            END;
            -- READCOMMITTEDLOCK: what another transaction committed while we waited is seen in every isolation level
            SELECT @earlier_id = s.saga_id, @earlier_hash = s.content_hash
            FROM dbo.medical_insurance_sagas AS s WITH (READCOMMITTEDLOCK)
            WHERE s.org_code = @org AND s.saga_code = @code AND s.business_key = @business AND s.business_key IS NOT NULL;
            IF @earlier_id IS NOT NULL
            BEGIN
                IF @own_transaction = 1
                    COMMIT TRANSACTION;
                IF @earlier_hash = @hash
                    SET @saga_id = @earlier_id;
                ELSE
                BEGIN
                    SET @error_code = -1008;
                    SET @error_message = N'业务键 ' + @business_key + N' 已用于内容不同的流程 ' + CONVERT(NVARCHAR(20), @earlier_id)
                        + N'：请更换业务键';
                END;
                RETURN;
            END;
        END;

        INSERT INTO dbo.medical_insurance_sagas (
            saga_code, definition_hash, org_code, business_key, content_hash, input_data, due_at, priority, timeout_seconds,
            insuplc_admdvs, opter, opter_name, opter_type, create_time, update_time)
        VALUES (
            @code, @definition, @org, @business, @hash, @input_data, @now, COALESCE(@priority, 5), COALESCE(@timeout, 300),
            COALESCE(@insuplc_admdvs, N''), COALESCE(@opter, N''), COALESCE(@opter_name, N''), COALESCE(@opter_type, N''),
            @local_now, @local_now);
        SET @saga_id = SCOPE_IDENTITY();
        IF @own_transaction = 1
            COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        SET @log = N'error ' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N', line ' + CONVERT(NVARCHAR(11), ERROR_LINE());
        -- only what was begun here is rolled back; HIS's own transaction is HIS's to end
        IF @own_transaction = 1 AND XACT_STATE() <> 0
            ROLLBACK TRANSACTION;
        SET @saga_id = NULL;
        SET @error_code = -1003;
        SET @error_message = N'流程未能排队（' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N'）：请稍后重试，并查看 medical_insurance_error_log';
        IF XACT_STATE() <> -1
            EXEC dbo.sp_mi_log_error @request_id = NULL, @source = N'sp_mi_saga_submit', @error_code = -1003, @error_message = @log;
    END CATCH;
END;
