-- 0007: what large requests that are sent in parts need. Runs twice without harm; never edited after a release.

ALTER TABLE public.medical_insurance_requests ADD COLUMN IF NOT EXISTS parent_id bigint NULL;
ALTER TABLE public.medical_insurance_requests ADD COLUMN IF NOT EXISTS part_no integer NULL;
ALTER TABLE public.medical_insurance_requests ADD COLUMN IF NOT EXISTS first_row integer NULL;
ALTER TABLE public.medical_insurance_requests ADD COLUMN IF NOT EXISTS row_count integer NULL;
ALTER TABLE public.medical_insurance_requests ADD COLUMN IF NOT EXISTS stop_on_refusal smallint NULL;

-- The status of a request whose parts are under way. What the old check let pass the new one does, so no row is read again.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM pg_constraint AS c
        WHERE c.conname = 'ck_medical_insurance_requests_status' AND pg_get_constraintdef(c.oid) LIKE '%DIVIDED%') THEN
        ALTER TABLE public.medical_insurance_requests DROP CONSTRAINT ck_medical_insurance_requests_status;
        ALTER TABLE public.medical_insurance_requests ADD CONSTRAINT ck_medical_insurance_requests_status CHECK (status IN (
            'PENDING', 'CLAIMED', 'SENDING', 'DIVIDED', 'COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'UNCERTAIN', 'REVERSING', 'REVERSED',
            'MANUAL')) NOT VALID;
    END IF;

    -- One live request per key; one that was divided keeps its key until its last part has ended. Its parts have a key of their own.
    IF NOT EXISTS (
        SELECT 1 FROM pg_indexes AS i
        WHERE i.indexname = 'ux_medical_insurance_requests_live' AND i.indexdef LIKE '%DIVIDED%') THEN
        DROP INDEX IF EXISTS public.ux_medical_insurance_requests_live;
        CREATE UNIQUE INDEX ux_medical_insurance_requests_live
            ON public.medical_insurance_requests (order_key)
            WHERE order_key IS NOT NULL AND status IN ('CLAIMED', 'SENDING', 'DIVIDED', 'UNCERTAIN', 'REVERSING', 'MANUAL');
    END IF;
END;
$$;

-- The parts of one request, each number once: a request cannot be divided twice.
CREATE UNIQUE INDEX IF NOT EXISTS ux_medical_insurance_requests_part
    ON public.medical_insurance_requests (parent_id, part_no) WHERE parent_id IS NOT NULL;

-- The rescue finds what was divided and whose parts have ended; holds only what is divided now.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_requests_divided
    ON public.medical_insurance_requests (request_id) WHERE status = 'DIVIDED';

COMMENT ON COLUMN public.medical_insurance_requests.parent_id IS '分批：所属请求的编号，空表示不是某请求的一批';
COMMENT ON COLUMN public.medical_insurance_requests.part_no IS '分批：第几批，从 1 起';
COMMENT ON COLUMN public.medical_insurance_requests.first_row IS '分批：本批首行在原请求中的行号，从 1 起';
COMMENT ON COLUMN public.medical_insurance_requests.row_count IS '分批：本批行数';
COMMENT ON COLUMN public.medical_insurance_requests.stop_on_refusal IS '分批：1 表示前面有一批未成功时本批不再发送';
