-- Enters what follows in the register before it is made: where a run stops halfway, the next one finds its own objects and goes on,
-- instead of taking them for somebody else's. The version is entered at the end (register.sql).
SET NOCOUNT ON;
SET XACT_ABORT ON;
IF OBJECT_ID(N'dbo.medical_insurance_schema', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_schema (
    object_name   NVARCHAR(128)  NOT NULL,
    object_type   VARCHAR(10)    NOT NULL,
    version       VARCHAR(20)    NOT NULL,
    install_time  DATETIME2(3)   NOT NULL CONSTRAINT df_medical_insurance_schema_install_time DEFAULT SYSDATETIME(),
    CONSTRAINT pk_medical_insurance_schema PRIMARY KEY (object_name)
);
GO

SET NOCOUNT ON;
DECLARE @objects TABLE (object_name NVARCHAR(128) NOT NULL PRIMARY KEY, object_type VARCHAR(10) NOT NULL);
INSERT INTO @objects (object_name, object_type)
VALUES
    {{objects}};
INSERT INTO dbo.medical_insurance_schema (object_name, object_type, version)
SELECT o.object_name, o.object_type, ''
FROM @objects AS o
WHERE o.object_type <> 'MIGRATION'
  AND NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_schema AS s WHERE s.object_name = o.object_name);
