SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Waits for one request; every look is a statement of its own and sees the newest state. Called outside of a transaction only.
--   @timeout: seconds, NULL for 30, at most 3600
--   outputs as in sp_mi_peek
CREATE OR ALTER PROCEDURE dbo.sp_mi_await
    @request_id     BIGINT,
    @timeout        INT,
    @result         NVARCHAR(MAX)  OUTPUT,
    @error_code     INT            OUTPUT,
    @error_message  NVARCHAR(500)  OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @begin DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @until DATETIME2(3) = DATEADD(SECOND, CASE
        WHEN @timeout < 0 THEN 0 WHEN @timeout > 3600 THEN 3600 ELSE COALESCE(@timeout, 30) END, @begin);
    DECLARE @done INT = 0;
    DECLARE @over BIT = 0;
    DECLARE @quick NVARCHAR(60) = N'WAITFOR DELAY ''00:00:00.003''';
    DECLARE @gentle NVARCHAR(60) = N'WAITFOR DELAY ''00:00:00.030''';

    -- Babelfish refuses a procedure with WAITFOR in its text and has PostgreSQL's own sleep: so both are texts
    IF SERVERPROPERTY('Babelfish') IS NOT NULL
    BEGIN
        SET @quick = N'EXECUTE pg_sleep 0.003';
        SET @gentle = N'EXECUTE pg_sleep 0.030';
    END;
    WHILE 1 = 1
    BEGIN
        EXEC dbo.sp_mi_peek @request_id = @request_id, @done = @done OUTPUT, @result = @result OUTPUT, @error_code = @error_code OUTPUT,
            @error_message = @error_message OUTPUT;
        IF @done = 1 OR @over = 1
            BREAK;
        IF SYSUTCDATETIME() >= @until
        BEGIN
            -- whatever it is after this statement is what the caller is told
            EXEC dbo.sp_mi_expire @request_id = @request_id;
            SET @over = 1;
        END
        ELSE
        BEGIN
            -- quick while the cashier's answer is due, gentle when it takes long
            IF SYSUTCDATETIME() >= DATEADD(SECOND, 2, @begin)
                SET @quick = @gentle;
            EXEC sys.sp_executesql @quick;
        END;
    END;
END;
