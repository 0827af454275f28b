-- Removes routines and views. Tables and their data stay.
DO $$
BEGIN
    IF to_regclass('public.medical_insurance_schema') IS NULL THEN
        RAISE EXCEPTION '%', 'MI901 本数据库未安装 mi-bridge / mi-bridge is not installed in this database.' USING ERRCODE = 'MI901';
    END IF;
END;
$$;

DROP VIEW IF EXISTS public.v_medical_insurance_errors;
DROP VIEW IF EXISTS public.v_medical_insurance_attempts;
DROP VIEW IF EXISTS public.v_medical_insurance_interfaces;
DROP VIEW IF EXISTS public.v_medical_insurance_nodes;
DROP VIEW IF EXISTS public.v_medical_insurance_manual;
DROP VIEW IF EXISTS public.v_medical_insurance_uncertain;
DROP VIEW IF EXISTS public.v_medical_insurance_blocked;
DROP VIEW IF EXISTS public.v_medical_insurance_slow;
DROP VIEW IF EXISTS public.v_medical_insurance_stuck;
DROP VIEW IF EXISTS public.v_medical_insurance_queue;
DROP VIEW IF EXISTS public.v_medical_insurance_monitor;
DROP VIEW IF EXISTS public.v_medical_insurance_durations;
DROP VIEW IF EXISTS public.v_medical_insurance_result;
DROP VIEW IF EXISTS public.v_medical_insurance_limits;
DROP ROUTINE IF EXISTS public.sp_mi_schema;
DROP ROUTINE IF EXISTS public.sp_mi_monitor;
DROP ROUTINE IF EXISTS public.sp_mi_request_result;
DROP ROUTINE IF EXISTS public.sp_mi_request_attempts;
DROP ROUTINE IF EXISTS public.sp_mi_requests;
DROP ROUTINE IF EXISTS public.sp_mi_sync_interfaces;
DROP ROUTINE IF EXISTS public.sp_mi_condition;
DROP ROUTINE IF EXISTS public.sp_mi_heartbeat;
DROP ROUTINE IF EXISTS public.sp_medical_insurance_resolve;
DROP ROUTINE IF EXISTS public.sp_mi_finish_step;
DROP ROUTINE IF EXISTS public.sp_mi_begin_step;
DROP ROUTINE IF EXISTS public.sp_mi_claim_uncertain;
DROP ROUTINE IF EXISTS public.sp_mi_housekeep;
DROP ROUTINE IF EXISTS public.sp_mi_lead;
DROP ROUTINE IF EXISTS public.sp_mi_rescue;
DROP ROUTINE IF EXISTS public.sp_mi_bury;
DROP ROUTINE IF EXISTS public.sp_mi_attend;
DROP ROUTINE IF EXISTS public.sp_mi_renew;
DROP ROUTINE IF EXISTS public.sp_mi_release;
DROP ROUTINE IF EXISTS public.sp_mi_finish;
DROP ROUTINE IF EXISTS public.sp_mi_begin_send;
DROP ROUTINE IF EXISTS public.sp_mi_claim;
DROP ROUTINE IF EXISTS public.sp_mi_within_limits;
DROP ROUTINE IF EXISTS public.sp_mi_has_work;
DROP ROUTINE IF EXISTS public.sp_mi_take_msgids;
DROP ROUTINE IF EXISTS public.sp_get_medical_insurance_monitor_data;
DROP ROUTINE IF EXISTS public.sp_check_medical_insurance_alerts;
DROP ROUTINE IF EXISTS public.sp_medical_insurance_cancel;
DROP ROUTINE IF EXISTS public.sp_medical_insurance_call_v2;
DROP ROUTINE IF EXISTS public.sp_medical_insurance_wait;
DROP ROUTINE IF EXISTS public.sp_medical_insurance_call;
DROP ROUTINE IF EXISTS public.sp_check_sdk_service_status;
DROP ROUTINE IF EXISTS public.sp_mi_await;
DROP ROUTINE IF EXISTS public.sp_mi_in_transaction;
DROP ROUTINE IF EXISTS public.sp_mi_expire;
DROP ROUTINE IF EXISTS public.sp_mi_peek;
DROP ROUTINE IF EXISTS public.sp_mi_submit;
DROP ROUTINE IF EXISTS public.sp_mi_order_key;
DROP ROUTINE IF EXISTS public.sp_mi_log_error;

DELETE FROM public.medical_insurance_schema WHERE object_type IN ('VIEW', 'ROUTINE');
