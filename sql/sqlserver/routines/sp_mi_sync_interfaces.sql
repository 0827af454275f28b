SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Installer and bridge: brings the catalogue of interfaces up to date. What a DBA set (enabled, max_input_chars) stays.
-- Returns how many rows were changed or added (changed).
--   @items: JSON array of {interface_code, interface_name, interface_group, money_class, ordered, enabled, reversed_by}
CREATE OR ALTER PROCEDURE dbo.sp_mi_sync_interfaces
    @items  NVARCHAR(MAX)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @rows INT;
    DECLARE @batch TABLE (
        interface_code VARCHAR(10) NOT NULL PRIMARY KEY, interface_name NVARCHAR(100) NOT NULL, interface_group NVARCHAR(50) NOT NULL,
        money_class CHAR(1) NOT NULL, ordered SMALLINT NOT NULL, enabled SMALLINT NOT NULL, reversed_by VARCHAR(10) NOT NULL);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_sync_interfaces of mi-bridge: @items is not JSON.', 1;
    INSERT INTO @batch (interface_code, interface_name, interface_group, money_class, ordered, enabled, reversed_by)
    SELECT i.interface_code, i.interface_name, i.interface_group, i.money_class, i.ordered, i.enabled, i.reversed_by
    FROM OPENJSON(@items) WITH (
        interface_code   VARCHAR(10)    '$.interface_code',
        interface_name   NVARCHAR(100)  '$.interface_name',
        interface_group  NVARCHAR(50)   '$.interface_group',
        money_class      CHAR(1)        '$.money_class',
        ordered          SMALLINT       '$.ordered',
        enabled          SMALLINT       '$.enabled',
        reversed_by      VARCHAR(10)    '$.reversed_by') AS i;

    BEGIN TRANSACTION;
    UPDATE t
    SET interface_name = i.interface_name, interface_group = i.interface_group, money_class = i.money_class, ordered = i.ordered,
        reversed_by = i.reversed_by, update_time = SYSDATETIME()
    FROM dbo.medical_insurance_interfaces AS t
    INNER JOIN @batch AS i ON i.interface_code = t.interface_code
    WHERE t.interface_name <> i.interface_name OR t.interface_group <> i.interface_group OR t.money_class <> i.money_class
       OR t.ordered <> i.ordered OR t.reversed_by <> i.reversed_by;
    SET @rows = @@ROWCOUNT;
    INSERT INTO dbo.medical_insurance_interfaces (
        interface_code, interface_name, interface_group, money_class, ordered, enabled, reversed_by)
    SELECT i.interface_code, i.interface_name, i.interface_group, i.money_class, i.ordered, i.enabled, i.reversed_by
    FROM @batch AS i
    WHERE NOT EXISTS (
        SELECT 1 FROM dbo.medical_insurance_interfaces AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.interface_code = i.interface_code);
    SET @rows = @rows + @@ROWCOUNT;
    COMMIT TRANSACTION;

    SELECT @rows AS changed;
END;
