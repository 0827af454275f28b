-- Refuses to touch what this installer did not make: a name of ours that exists and is not in the register stops everything.
-- Run by hand in SSMS, NOEXEC keeps the batches that follow from running; the script's end sets it back.
SET NOCOUNT ON;
DECLARE @objects TABLE (object_name NVARCHAR(128) NOT NULL PRIMARY KEY, object_type VARCHAR(10) NOT NULL);
DECLARE @foreign NVARCHAR(1500);
DECLARE @text NVARCHAR(2000);
INSERT INTO @objects (object_name, object_type)
VALUES
    {{objects}};
IF OBJECT_ID(N'dbo.medical_insurance_schema', N'U') IS NOT NULL
    DELETE o FROM @objects AS o INNER JOIN dbo.medical_insurance_schema AS s ON s.object_name = o.object_name;
SET @foreign = STUFF((
    SELECT N', ' + o.object_name
    FROM @objects AS o
    WHERE o.object_type <> 'MIGRATION' AND OBJECT_ID(N'dbo.' + o.object_name) IS NOT NULL
    ORDER BY o.object_name
    FOR XML PATH('')), 1, 2, N'');
IF @foreign IS NOT NULL
BEGIN
    SET @text = N'MI900 数据库中已有同名对象，且不是由 mi-bridge 创建：' + @foreign
        + N' / objects of these names exist and were not made by mi-bridge. Rename them, or use another database.';
    RAISERROR (N'%s', 16, 1, @text);
    SET NOEXEC ON;
END;
GO

-- Refuses a database whose compatibility level is below 130, by trying what only 130 has. (Babelfish has it and tells another level.)
BEGIN TRY
    EXEC (N'DECLARE @rows INT; SELECT @rows = COUNT(*) FROM OPENJSON(N''[1]'');');
END TRY
BEGIN CATCH
    RAISERROR (N'MI902 mi-bridge 需要 SQL Server 2016 SP1 及以上版本，且数据库兼容级别不低于 130：ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 130 / mi-bridge needs compatibility level 130 or above in this database.', 16, 1);
    SET NOEXEC ON;
END CATCH;
