SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- How far each catalogue is: the version loaded whole, what is being loaded, and why the last try failed.
CREATE OR ALTER VIEW dbo.v_medical_insurance_catalogue_syncs AS
SELECT s.catalogue, i.interface_name AS catalogue_name, s.version, s.item_count, s.source_name, s.loaded, s.source_rows, s.message,
       s.node_id, s.begin_time, s.finish_time
FROM dbo.medical_insurance_catalogue_syncs AS s
LEFT JOIN dbo.medical_insurance_interfaces AS i ON i.interface_code = s.catalogue;
