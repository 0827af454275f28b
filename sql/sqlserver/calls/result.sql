-- HIS: one line of the result view; no row for a request that is not there.
SELECT r.status, r.result_status, r.response_data, r.infcode, r.err_msg
FROM dbo.v_medical_insurance_result AS r
WHERE r.request_id = ?
