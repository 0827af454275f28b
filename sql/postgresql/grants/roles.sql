-- Roles with the least each needs; none may read a table. Give people and programs these roles, never the tables.
-- 角色：mi_his HIS 调用方；mi_bridge 桥接程序；mi_monitor 监控人员；mi_auditor 审计人员；mi_resolver 人工核实人员。
DO $$
DECLARE
    v_role  text;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['mi_his', 'mi_bridge', 'mi_monitor', 'mi_auditor', 'mi_resolver'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles AS r WHERE r.rolname = v_role) THEN
            EXECUTE 'CREATE ROLE ' || quote_ident(v_role) || ' NOLOGIN';
        END IF;
        EXECUTE 'GRANT USAGE ON SCHEMA public TO ' || quote_ident(v_role);
    END LOOP;
END;
$$;

-- HIS: its procedures and its view
GRANT EXECUTE ON PROCEDURE public.sp_medical_insurance_call TO mi_his;
GRANT EXECUTE ON PROCEDURE public.sp_medical_insurance_call_v2 TO mi_his;
GRANT EXECUTE ON PROCEDURE public.sp_medical_insurance_wait TO mi_his;
GRANT EXECUTE ON PROCEDURE public.sp_medical_insurance_cancel TO mi_his;
GRANT EXECUTE ON PROCEDURE public.sp_medical_insurance_saga TO mi_his;
GRANT EXECUTE ON PROCEDURE public.sp_medical_insurance_saga_wait TO mi_his;
GRANT EXECUTE ON FUNCTION public.sp_check_sdk_service_status TO mi_his;
GRANT EXECUTE ON FUNCTION public.sp_get_medical_insurance_monitor_data TO mi_his;
GRANT EXECUTE ON FUNCTION public.sp_check_medical_insurance_alerts TO mi_his;
GRANT SELECT ON public.v_medical_insurance_result TO mi_his;
GRANT SELECT ON public.v_medical_insurance_parts TO mi_his;
GRANT SELECT ON public.v_medical_insurance_saga TO mi_his;
GRANT SELECT ON public.v_medical_insurance_saga_steps TO mi_his;
GRANT SELECT ON public.v_medical_insurance_catalogue TO mi_his;
GRANT SELECT ON public.v_medical_insurance_catalogue_drugs TO mi_his;
GRANT SELECT ON public.v_medical_insurance_catalogue_prices TO mi_his;
GRANT SELECT ON public.v_medical_insurance_catalogue_syncs TO mi_his;
-- the waiting procedures commit, so PostgreSQL runs them with the caller's rights: these are their parts
GRANT EXECUTE ON FUNCTION public.sp_mi_submit TO mi_his;
GRANT EXECUTE ON FUNCTION public.sp_mi_peek TO mi_his;
GRANT EXECUTE ON FUNCTION public.sp_mi_saga_peek TO mi_his;
GRANT EXECUTE ON FUNCTION public.sp_mi_expire TO mi_his;
GRANT EXECUTE ON PROCEDURE public.sp_mi_in_transaction TO mi_his;
GRANT EXECUTE ON PROCEDURE public.sp_mi_await TO mi_his;

-- the bridge: its own procedures, no table, no view
GRANT EXECUTE ON FUNCTION public.sp_mi_claim TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_begin_send TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_finish TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_divide TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_parts TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_join TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_release TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_renew TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_rescue TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_claim_uncertain TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_begin_step TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_finish_step TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_attend TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_lead TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_housekeep TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_heartbeat TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_condition TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_sign_in_take TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_sign_in_finish TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_sign_in_proved TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_sign_in_adopt TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_sign_in_end TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_sign_ins TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_sync_interfaces TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_sync_msgid_step TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_take_msgids TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_schema TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_requests TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_request_attempts TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_request_result TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_monitor TO mi_bridge;
-- the doctor's questions
GRANT EXECUTE ON FUNCTION public.sp_check_sdk_service_status TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_get_medical_insurance_monitor_data TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_saga_sync TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_saga_claim TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_saga_advance TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_saga_release TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_sagas TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_saga_steps TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_job_begin TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_job_renew TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_job_finish TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_jobs TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_catalogue_open TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_catalogue_source TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_catalogue_load TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_catalogue_close TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_catalogue_fault TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_catalogues TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_settlement_answers TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_settlement_store TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_settlements TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_settlement_accounts TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_settlement_messages TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_reconciliation_begin TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_reconciliation_record TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_reconciliation_runs TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_reconciliation_totals TO mi_bridge;
GRANT EXECUTE ON FUNCTION public.sp_mi_reconciliation_cases TO mi_bridge;

-- people who decide: their procedure and their list
GRANT EXECUTE ON PROCEDURE public.sp_medical_insurance_resolve TO mi_resolver;
GRANT EXECUTE ON PROCEDURE public.sp_medical_insurance_saga_resolve TO mi_resolver;
GRANT EXECUTE ON PROCEDURE public.sp_medical_insurance_reconciliation_close TO mi_resolver;
GRANT EXECUTE ON FUNCTION public.sp_mi_reconciliation_patients TO mi_resolver;
GRANT EXECUTE ON FUNCTION public.sp_mi_reconciliation_runs TO mi_resolver;
GRANT EXECUTE ON FUNCTION public.sp_mi_reconciliation_totals TO mi_resolver;
GRANT EXECUTE ON FUNCTION public.sp_mi_reconciliation_cases TO mi_resolver;
GRANT SELECT ON public.v_medical_insurance_manual TO mi_resolver;
GRANT SELECT ON public.v_medical_insurance_saga TO mi_resolver;
GRANT SELECT ON public.v_medical_insurance_saga_steps TO mi_resolver;
GRANT SELECT ON public.v_medical_insurance_uncertain TO mi_resolver;
GRANT SELECT ON public.v_medical_insurance_blocked TO mi_resolver;
GRANT SELECT ON public.v_medical_insurance_reconciliation TO mi_resolver;

-- monitor: every view without payload
GRANT SELECT ON public.v_medical_insurance_monitor TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_queue TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_stuck TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_slow TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_blocked TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_uncertain TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_limits TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_manual TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_saga TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_saga_steps TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_reconciliation TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_nodes TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_sign_ins TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_interfaces TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_jobs TO mi_monitor;
GRANT SELECT ON public.v_medical_insurance_catalogue_syncs TO mi_monitor;
GRANT EXECUTE ON FUNCTION public.sp_check_sdk_service_status TO mi_monitor;
GRANT EXECUTE ON FUNCTION public.sp_get_medical_insurance_monitor_data TO mi_monitor;
GRANT EXECUTE ON FUNCTION public.sp_check_medical_insurance_alerts TO mi_monitor;

-- auditor: the evidence, without payload
GRANT SELECT ON public.v_medical_insurance_attempts TO mi_auditor;
GRANT SELECT ON public.v_medical_insurance_errors TO mi_auditor;
GRANT SELECT ON public.v_medical_insurance_uncertain TO mi_auditor;
GRANT SELECT ON public.v_medical_insurance_reconciliation TO mi_auditor;
