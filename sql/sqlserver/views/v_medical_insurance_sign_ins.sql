SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Which operators are signed in at the platform, since when, until when and by which node; never the numbers. Times are local.
CREATE OR ALTER VIEW dbo.v_medical_insurance_sign_ins AS
SELECT s.org_code, s.opter,
       CONVERT(VARCHAR(10), CASE WHEN s.state = 'SIGNED_IN' AND s.valid_until <= SYSUTCDATETIME() THEN 'EXPIRED' ELSE s.state END) AS state,
       s.proved,
       DATEADD(MINUTE, DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.sign_time) AS sign_time,
       DATEADD(MINUTE, DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.valid_until) AS valid_until,
       s.node_id,
       DATEADD(MINUTE, DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.retry_at) AS retry_at,
       s.message,
       DATEADD(MINUTE, DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.update_time) AS update_time
FROM dbo.medical_insurance_sign_ins AS s;
