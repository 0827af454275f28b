SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- The interfaces HIS may call, with what a DBA may change.
CREATE OR ALTER VIEW dbo.v_medical_insurance_interfaces AS
SELECT i.interface_code, i.interface_name, i.interface_group,
       CASE i.money_class WHEN 'Q' THEN N'查询' WHEN 'I' THEN N'幂等上传' WHEN 'M' THEN N'资金（可冲正或撤销）' ELSE N'资金（不可撤销）' END AS money_class,
       i.ordered, i.enabled, i.max_input_chars, i.reversed_by
FROM dbo.medical_insurance_interfaces AS i;
