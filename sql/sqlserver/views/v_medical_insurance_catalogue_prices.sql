SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: price limits (1318) and shares a person pays first (1319), by the code of the insurance's own list; amounts as the platform wrote them.
CREATE OR ALTER VIEW dbo.v_medical_insurance_catalogue_prices AS
SELECT c.catalogue, c.item_code, c.valid_flag, c.begin_date, c.end_date,
       JSON_VALUE(c.row_data, N'$."insu_admdvs"') AS insured_area,
       JSON_VALUE(c.row_data, N'$."hilist_lmtpric_type"') AS price_type,
       JSON_VALUE(c.row_data, N'$."hilist_pric_uplmt_amt"') AS highest_price,
       JSON_VALUE(c.row_data, N'$."selfpay_prop_type"') AS self_pay_type,
       JSON_VALUE(c.row_data, N'$."selfpay_prop_psn_type"') AS self_pay_person_type,
       JSON_VALUE(c.row_data, N'$."selfpay_prop"') AS self_pay_share
FROM dbo.medical_insurance_catalogue_items AS c
WHERE c.catalogue IN ('1318', '1319');
