-- Puts one request in the queue, inside the caller's transaction. All parameters are checked first and all
-- faults are told together. Returns the request and 0, or no request and an error.
CREATE OR REPLACE FUNCTION public.sp_mi_submit(
    p_interface_code   varchar,
    p_input_data       text,
    p_timeout          integer,
    p_retry_count      integer,
    p_org_code         varchar,
    p_business_key     varchar,
    p_priority         integer,
    p_serial_key       varchar,
    p_insuplc_admdvs   varchar,
    p_opter            varchar,
    p_opter_name       varchar,
    p_opter_type       varchar,
    OUT request_id     bigint,
    OUT error_code     integer,
    OUT error_message  varchar
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now        timestamptz(3) := clock_timestamp();
    v_faults     text := '';
    v_interface  record;
    v_input      jsonb;
    v_hash       bytea;
    v_earlier    record;
BEGIN
    error_code := 0;
    error_message := '';
    -- 1. parameters, all of them
    IF coalesce(btrim(p_interface_code), '') = '' THEN
        v_faults := v_faults || '；interface_code：不能为空，请填写交易编号，例如 1101';
    ELSIF length(p_interface_code) > 10 OR p_interface_code !~ '^[0-9A-Za-z]+$' THEN
        v_faults := v_faults || '；interface_code：应为不超过 10 位的字母或数字';
    END IF;
    IF coalesce(btrim(p_input_data, E' \t\r\n'), '') = '' THEN
        v_faults := v_faults || '；input_data：不能为空，请填写 JSON 对象';
    END IF;
    IF coalesce(p_timeout, 300) NOT BETWEEN 1 AND 86400 THEN
        v_faults := v_faults || '；timeout：应为 1 至 86400 秒';
    END IF;
    IF coalesce(p_retry_count, 3) NOT BETWEEN 0 AND 20 THEN
        v_faults := v_faults || '；retry_count：应为 0 至 20';
    END IF;
    IF coalesce(p_priority, 5) NOT BETWEEN 0 AND 9 THEN
        v_faults := v_faults || '；priority：应为 0（最高）至 9';
    END IF;
    IF coalesce(p_org_code, '') <> '' AND p_org_code !~ '^[HP][0-9]{11}$' THEN
        v_faults := v_faults || '；org_code：应为 H 或 P 加 11 位数字';
    END IF;
    IF coalesce(p_insuplc_admdvs, '') <> '' AND p_insuplc_admdvs !~ '^[0-9]{6}$' THEN
        v_faults := v_faults || '；insuplc_admdvs：应为 6 位数字';
    END IF;
    IF length(p_business_key) > 64 THEN
        v_faults := v_faults || '；business_key：不能超过 64 个字符';
    END IF;
    IF length(p_serial_key) > 64 THEN
        v_faults := v_faults || '；serial_key：不能超过 64 个字符';
    END IF;
    IF length(p_opter) > 30 THEN
        v_faults := v_faults || '；opter：不能超过 30 个字符';
    END IF;
    IF length(p_opter_name) > 50 THEN
        v_faults := v_faults || '；opter_name：不能超过 50 个字符';
    END IF;
    IF coalesce(p_opter_type, '') NOT IN ('', '1', '2', '3') THEN
        v_faults := v_faults || '；opter_type：应为 1 经办人、2 自助终端或 3 移动终端';
    END IF;
    IF v_faults <> '' THEN
        error_code := -1001;
        error_message := left('参数错误：' || substr(v_faults, 2), 500);
        RETURN;
    END IF;

    -- 2. the interface
    SELECT i.money_class, i.ordered, i.enabled, i.max_input_chars INTO v_interface
    FROM public.medical_insurance_interfaces AS i
    WHERE i.interface_code = p_interface_code;
    IF NOT FOUND THEN
        error_code := -1006;
        error_message := '未知接口 ' || p_interface_code || '：请核对交易编号';
        RETURN;
    END IF;
    IF v_interface.enabled = 0 THEN
        error_code := -1006;
        error_message := '接口 ' || p_interface_code || ' 已停用：请联系管理员';
        RETURN;
    END IF;

    -- 3. the input
    IF length(p_input_data) > v_interface.max_input_chars THEN
        error_code := -1001;
        error_message := '参数错误：input_data：长度 ' || length(p_input_data) || ' 个字符，超过上限 ' || v_interface.max_input_chars || '，请分批提交';
        RETURN;
    END IF;
    BEGIN
        v_input := p_input_data::jsonb;
    EXCEPTION WHEN OTHERS THEN
        v_input := NULL;
    END;
    IF v_input IS NULL THEN
        error_code := -1001;
        error_message := '参数错误：input_data：不是有效的 JSON（语法错误、空字符、孤立的代理字符或数值超出范围）';
        RETURN;
    END IF;
    IF jsonb_typeof(v_input) <> 'object' THEN
        error_code := -1001;
        error_message := '参数错误：input_data：应为 JSON 对象 {…}，不能是数组或单个值';
        RETURN;
    END IF;

    -- 4. an earlier submit under the same business key
    IF coalesce(p_business_key, '') <> '' THEN
        v_hash := sha256(convert_to(p_input_data, 'UTF8'));
    END IF;

    -- 5. into the queue
    INSERT INTO public.medical_insurance_requests AS r (
        interface_code, org_code, input_data, money_class, priority, queue_rank, order_key, business_key, content_hash,
        create_time, update_time, expires_at, timeout_seconds, max_retry_count, insuplc_admdvs, opter, opter_name, opter_type)
    VALUES (
        p_interface_code, coalesce(p_org_code, ''), p_input_data, v_interface.money_class, coalesce(p_priority, 5),
        floor(extract(epoch FROM v_now) * 1000)::bigint + coalesce(p_priority, 5) * 60000,
        CASE WHEN v_interface.ordered = 1 OR coalesce(p_serial_key, '') <> '' THEN public.sp_mi_order_key(v_input, p_serial_key) END,
        nullif(p_business_key, ''), v_hash,
        v_now, v_now, v_now + make_interval(secs => coalesce(p_timeout, 300)), coalesce(p_timeout, 300), coalesce(p_retry_count, 3),
        coalesce(p_insuplc_admdvs, ''), coalesce(p_opter, ''), coalesce(p_opter_name, ''), coalesce(p_opter_type, ''))
    ON CONFLICT (org_code, interface_code, business_key) WHERE business_key IS NOT NULL DO NOTHING
    RETURNING r.request_id INTO request_id;
    IF request_id IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT r.request_id, r.content_hash INTO v_earlier
    FROM public.medical_insurance_requests AS r
    WHERE r.org_code = coalesce(p_org_code, '') AND r.interface_code = p_interface_code AND r.business_key = p_business_key;
    IF v_earlier.content_hash IS DISTINCT FROM v_hash THEN
        error_code := -1008;
        error_message := '业务键 ' || p_business_key || ' 已用于内容不同的请求 ' || coalesce(v_earlier.request_id::text, '?') || '：请更换业务键';
        RETURN;
    END IF;
    request_id := v_earlier.request_id;
EXCEPTION WHEN OTHERS THEN
    request_id := NULL;
    error_code := -1003;
    error_message := '请求未能排队（' || SQLSTATE || '）：请稍后重试，并查看 medical_insurance_error_log';
    PERFORM public.sp_mi_log_error(NULL, 'sp_mi_submit', -1003, SQLSTATE);
END;
$$;
