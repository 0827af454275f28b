-- 0004: sites whose message numbers have fewer digits take every so manieth number only. Runs twice without harm; never edited after a
-- release.

ALTER TABLE public.medical_insurance_counters ADD COLUMN IF NOT EXISTS counter_step bigint NOT NULL DEFAULT 1;

COMMENT ON COLUMN public.medical_insurance_counters.counter_step IS '步长：每次取号占用的连续编号数；msgid 为 1、10（毫秒）或 10000（秒）';
COMMENT ON COLUMN public.medical_insurance_counters.counter_value IS '下一个未占用的编号；msgid 为 秒数 × 10000 + 序号';
