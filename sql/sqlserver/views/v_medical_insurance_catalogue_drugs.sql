SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: drugs of every kind (1301 western and Chinese patent, 1302 herbal pieces, 1303 made in hospitals, 1304 ethnic, 1320 granules).
CREATE OR ALTER VIEW dbo.v_medical_insurance_catalogue_drugs AS
SELECT c.catalogue, c.item_code, c.item_name, c.pinyin, c.valid_flag, c.begin_date, c.end_date, c.version,
       COALESCE(JSON_VALUE(c.row_data, N'$."药品商品名"'), JSON_VALUE(c.row_data, N'$."drug_prodname"')) AS trade_name,
       COALESCE(JSON_VALUE(c.row_data, N'$."药品通用名"'), JSON_VALUE(c.row_data, N'$."drug_genname"')) AS generic_name,
       COALESCE(JSON_VALUE(c.row_data, N'$."药品剂型名称"'), JSON_VALUE(c.row_data, N'$."剂型名称"'), JSON_VALUE(c.row_data, N'$."药品剂型"'), JSON_VALUE(c.row_data, N'$."剂型"'), JSON_VALUE(c.row_data, N'$."dosform"')) AS dosage_form,
       COALESCE(JSON_VALUE(c.row_data, N'$."药品规格"'), JSON_VALUE(c.row_data, N'$."drug_spec"')) AS specification,
       COALESCE(JSON_VALUE(c.row_data, N'$."包装规格"'), JSON_VALUE(c.row_data, N'$."pacspec"')) AS pack_specification,
       JSON_VALUE(c.row_data, N'$."生产企业名称"') AS manufacturer,
       COALESCE(JSON_VALUE(c.row_data, N'$."批准文号"'), JSON_VALUE(c.row_data, N'$."aprvno"')) AS approval_no,
       COALESCE(JSON_VALUE(c.row_data, N'$."非处方药标志"'), JSON_VALUE(c.row_data, N'$."otc_flag"')) AS otc_flag,
       COALESCE(JSON_VALUE(c.row_data, N'$."最小包装单位"'), JSON_VALUE(c.row_data, N'$."min_pacunt"')) AS smallest_pack_unit,
       COALESCE(JSON_VALUE(c.row_data, N'$."最小使用单位"'), JSON_VALUE(c.row_data, N'$."min_useunt"')) AS smallest_use_unit,
       JSON_VALUE(c.row_data, N'$."国家医保药品目录甲乙类标识"') AS national_category
FROM dbo.medical_insurance_catalogue_items AS c
WHERE c.catalogue IN ('1301', '1302', '1303', '1304', '1320');
