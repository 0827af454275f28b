-- HIS: price limits (1318) and shares a person pays first (1319), by the code of the insurance's own list; amounts as the platform wrote them.
CREATE OR REPLACE VIEW public.v_medical_insurance_catalogue_prices AS
SELECT c.catalogue, c.item_code, c.valid_flag, c.begin_date, c.end_date,
       (jsonb_path_query_first(c.row_data, '$."insu_admdvs"') #>> '{}') AS insured_area,
       (jsonb_path_query_first(c.row_data, '$."hilist_lmtpric_type"') #>> '{}') AS price_type,
       (jsonb_path_query_first(c.row_data, '$."hilist_pric_uplmt_amt"') #>> '{}') AS highest_price,
       (jsonb_path_query_first(c.row_data, '$."selfpay_prop_type"') #>> '{}') AS self_pay_type,
       (jsonb_path_query_first(c.row_data, '$."selfpay_prop_psn_type"') #>> '{}') AS self_pay_person_type,
       (jsonb_path_query_first(c.row_data, '$."selfpay_prop"') #>> '{}') AS self_pay_share
FROM public.medical_insurance_catalogue_items AS c
WHERE c.catalogue IN ('1318', '1319');
