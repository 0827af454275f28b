-- The register of what this installer made, and in which version. Routines are for the roles of the grants script only.
SET NOCOUNT ON;
SET XACT_ABORT ON;
DECLARE @objects TABLE (object_name NVARCHAR(128) NOT NULL PRIMARY KEY, object_type VARCHAR(10) NOT NULL);
INSERT INTO @objects (object_name, object_type)
VALUES
    {{objects}};
UPDATE s
SET version = '{{version}}', install_time = SYSDATETIME()
FROM dbo.medical_insurance_schema AS s
INNER JOIN @objects AS o ON o.object_name = s.object_name
WHERE s.version <> '{{version}}';
INSERT INTO dbo.medical_insurance_schema (object_name, object_type, version)
SELECT o.object_name, o.object_type, '{{version}}'
FROM @objects AS o
WHERE NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_schema AS s WHERE s.object_name = o.object_name);
