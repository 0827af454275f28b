-- The same row without the procedure: no checks, no catalogue, values given.
INSERT INTO public.medical_insurance_requests (
    interface_code, org_code, input_data, money_class, priority, queue_rank, order_key, business_key, content_hash,
    create_time, update_time, expires_at, timeout_seconds, max_retry_count, insuplc_admdvs, opter, opter_name, opter_type)
VALUES (
    ?, '', ?, 'Q', 5, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + 300000, NULL, NULL, NULL,
    clock_timestamp(), clock_timestamp(), clock_timestamp() + interval '300 seconds', 300, 3, '', '', '', '')
RETURNING request_id
