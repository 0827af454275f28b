-- 0005: what the check of a message found. Runs twice without harm; never edited after a release.

-- Nothing in the hot path reads it, and it is null for nearly every request: no index.
ALTER TABLE public.medical_insurance_requests ADD COLUMN IF NOT EXISTS check_report varchar(4000) NULL;

COMMENT ON COLUMN public.medical_insurance_requests.check_report IS '发送前检查的结果：被拒发时为全部错误，已发送时为提醒；没有则为空';
