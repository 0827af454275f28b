-- Puts one saga in the list of those that are due, inside the caller's transaction, and ties it to the definition that is active
-- now. All parameters are checked first and all faults are told together. Returns the saga and 0, or no saga and an error.
CREATE OR REPLACE FUNCTION public.sp_mi_saga_submit(
    p_saga_code        varchar,
    p_input_data       text,
    p_timeout          integer,
    p_org_code         varchar,
    p_business_key     varchar,
    p_priority         integer,
    p_insuplc_admdvs   varchar,
    p_opter            varchar,
    p_opter_name       varchar,
    p_opter_type       varchar,
    OUT saga_id        bigint,
    OUT error_code     integer,
    OUT error_message  varchar
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now         timestamptz(3) := clock_timestamp();
    v_faults      text := '';
    v_definition  char(64);
    v_input       jsonb;
    v_hash        bytea;
    v_earlier     record;
BEGIN
    error_code := 0;
    error_message := '';
    -- 1. parameters, all of them
    IF coalesce(btrim(p_saga_code), '') = '' THEN
        v_faults := v_faults || '；saga_code：不能为空，请填写流程编码，例如 outpatient';
    ELSIF length(p_saga_code) > 32 OR p_saga_code !~ '^[0-9A-Za-z_-]+$' THEN
        v_faults := v_faults || '；saga_code：应为不超过 32 位的字母、数字、下划线或连字符';
    END IF;
    IF coalesce(btrim(p_input_data, E' \t\r\n'), '') = '' THEN
        v_faults := v_faults || '；input_data：不能为空，请填写 JSON 对象';
    ELSIF length(p_input_data) > 2000000 THEN
        v_faults := v_faults || '；input_data：长度 ' || length(p_input_data) || ' 个字符，超过上限 2000000';
    END IF;
    IF coalesce(p_timeout, 300) NOT BETWEEN 1 AND 86400 THEN
        v_faults := v_faults || '；timeout：应为 1 至 86400 秒';
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

    -- 2. the definition
    SELECT d.definition_hash INTO v_definition
    FROM public.medical_insurance_saga_definitions AS d
    WHERE d.saga_code = p_saga_code AND d.active = 1;
    IF NOT FOUND THEN
        error_code := -1006;
        error_message := '未知流程 ' || p_saga_code || '：请核对流程编码，并确认其定义文件已载入';
        RETURN;
    END IF;

    -- 3. the input
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
    INSERT INTO public.medical_insurance_sagas AS s (
        saga_code, definition_hash, org_code, business_key, content_hash, input_data, due_at, priority, timeout_seconds,
        insuplc_admdvs, opter, opter_name, opter_type, create_time, update_time)
    VALUES (
        p_saga_code, v_definition, coalesce(p_org_code, ''), nullif(p_business_key, ''), v_hash, p_input_data, v_now,
        coalesce(p_priority, 5), coalesce(p_timeout, 300), coalesce(p_insuplc_admdvs, ''), coalesce(p_opter, ''),
        coalesce(p_opter_name, ''), coalesce(p_opter_type, ''), v_now, v_now)
    ON CONFLICT (org_code, saga_code, business_key) WHERE business_key IS NOT NULL DO NOTHING
    RETURNING s.saga_id INTO saga_id;
    IF saga_id IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT s.saga_id, s.content_hash INTO v_earlier
    FROM public.medical_insurance_sagas AS s
    WHERE s.org_code = coalesce(p_org_code, '') AND s.saga_code = p_saga_code AND s.business_key = p_business_key;
    IF v_earlier.content_hash IS DISTINCT FROM v_hash THEN
        error_code := -1008;
        error_message := '业务键 ' || p_business_key || ' 已用于内容不同的流程 ' || coalesce(v_earlier.saga_id::text, '?') || '：请更换业务键';
        RETURN;
    END IF;
    saga_id := v_earlier.saga_id;
EXCEPTION WHEN OTHERS THEN
    saga_id := NULL;
    error_code := -1003;
    error_message := '流程未能排队（' || SQLSTATE || '）：请稍后重试，并查看 medical_insurance_error_log';
    PERFORM public.sp_mi_log_error(NULL, 'sp_mi_saga_submit', -1003, SQLSTATE);
END;
$$;
