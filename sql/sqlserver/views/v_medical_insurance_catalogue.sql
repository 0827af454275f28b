SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: the insurer's catalogues, every kind. What all have in common has its own column; row_data is the whole row as the platform sent it,
-- by the column names of the specification. Rows the platform has ended stay, with the flag it sent (valid_flag).
CREATE OR ALTER VIEW dbo.v_medical_insurance_catalogue AS
SELECT c.catalogue, c.item_key COLLATE DATABASE_DEFAULT AS item_key, c.item_code, c.item_name, c.pinyin, c.valid_flag, c.begin_date, c.end_date, c.version, c.row_data,
       c.update_time
FROM dbo.medical_insurance_catalogue_items AS c;
