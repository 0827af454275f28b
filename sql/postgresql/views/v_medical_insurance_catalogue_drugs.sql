-- HIS: drugs of every kind (1301 western and Chinese patent, 1302 herbal pieces, 1303 made in hospitals, 1304 ethnic, 1320 granules).
CREATE OR REPLACE VIEW public.v_medical_insurance_catalogue_drugs AS
SELECT c.catalogue, c.item_code, c.item_name, c.pinyin, c.valid_flag, c.begin_date, c.end_date, c.version,
       COALESCE((jsonb_path_query_first(c.row_data, '$."药品商品名"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."drug_prodname"') #>> '{}')) AS trade_name,
       COALESCE((jsonb_path_query_first(c.row_data, '$."药品通用名"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."drug_genname"') #>> '{}')) AS generic_name,
       COALESCE((jsonb_path_query_first(c.row_data, '$."药品剂型名称"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."剂型名称"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."药品剂型"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."剂型"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."dosform"') #>> '{}')) AS dosage_form,
       COALESCE((jsonb_path_query_first(c.row_data, '$."药品规格"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."drug_spec"') #>> '{}')) AS specification,
       COALESCE((jsonb_path_query_first(c.row_data, '$."包装规格"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."pacspec"') #>> '{}')) AS pack_specification,
       (jsonb_path_query_first(c.row_data, '$."生产企业名称"') #>> '{}') AS manufacturer,
       COALESCE((jsonb_path_query_first(c.row_data, '$."批准文号"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."aprvno"') #>> '{}')) AS approval_no,
       COALESCE((jsonb_path_query_first(c.row_data, '$."非处方药标志"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."otc_flag"') #>> '{}')) AS otc_flag,
       COALESCE((jsonb_path_query_first(c.row_data, '$."最小包装单位"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."min_pacunt"') #>> '{}')) AS smallest_pack_unit,
       COALESCE((jsonb_path_query_first(c.row_data, '$."最小使用单位"') #>> '{}'), (jsonb_path_query_first(c.row_data, '$."min_useunt"') #>> '{}')) AS smallest_use_unit,
       (jsonb_path_query_first(c.row_data, '$."国家医保药品目录甲乙类标识"') #>> '{}') AS national_category
FROM public.medical_insurance_catalogue_items AS c
WHERE c.catalogue IN ('1301', '1302', '1303', '1304', '1320');
