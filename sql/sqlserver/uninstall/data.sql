-- Removes the tables with every request, answer and attempt in them. There is no way back.
SET NOCOUNT ON;
IF OBJECT_ID(N'dbo.medical_insurance_schema', N'U') IS NULL
    THROW 51901, N'MI901 本数据库未安装 mi-bridge / mi-bridge is not installed in this database.', 1;

DROP TABLE IF EXISTS dbo.medical_insurance_sign_ins;
DROP TABLE IF EXISTS dbo.medical_insurance_catalogue_items;
DROP TABLE IF EXISTS dbo.medical_insurance_catalogue_syncs;
DROP TABLE IF EXISTS dbo.medical_insurance_job_runs;
DROP TABLE IF EXISTS dbo.medical_insurance_reconciliation_cases;
DROP TABLE IF EXISTS dbo.medical_insurance_reconciliation_totals;
DROP TABLE IF EXISTS dbo.medical_insurance_reconciliation_runs;
DROP TABLE IF EXISTS dbo.medical_insurance_settlements;
DROP TABLE IF EXISTS dbo.medical_insurance_saga_decisions;
DROP TABLE IF EXISTS dbo.medical_insurance_saga_steps;
DROP TABLE IF EXISTS dbo.medical_insurance_sagas;
DROP TABLE IF EXISTS dbo.medical_insurance_saga_definitions;
DROP TABLE IF EXISTS dbo.medical_insurance_terms;
DROP TABLE IF EXISTS dbo.medical_insurance_decisions;
DROP TABLE IF EXISTS dbo.medical_insurance_conditions;
DROP TABLE IF EXISTS dbo.medical_insurance_counters;
DROP TABLE IF EXISTS dbo.medical_insurance_limit_usage;
DROP TABLE IF EXISTS dbo.medical_insurance_limits;
DROP TABLE IF EXISTS dbo.medical_insurance_error_log;
DROP TABLE IF EXISTS dbo.medical_insurance_attempts;
DROP TABLE IF EXISTS dbo.medical_insurance_responses;
DROP TABLE IF EXISTS dbo.medical_insurance_requests;
DROP TABLE IF EXISTS dbo.medical_insurance_interfaces;
DROP TABLE IF EXISTS dbo.medical_insurance_schema;
DROP TABLE IF EXISTS dbo.sdk_heartbeat;
