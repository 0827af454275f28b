-- Enters what follows in the register before it is made: where a run stops halfway, the next one finds its own objects and goes on,
-- instead of taking them for somebody else's. The version is entered at the end (register.sql).
CREATE TABLE IF NOT EXISTS public.medical_insurance_schema (
    object_name   varchar(128)   NOT NULL,
    object_type   varchar(10)    NOT NULL,
    version       varchar(20)    NOT NULL,
    install_time  timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_medical_insurance_schema PRIMARY KEY (object_name)
);

INSERT INTO public.medical_insurance_schema AS s (object_name, object_type, version)
SELECT o.object_name, o.object_type, ''
FROM (VALUES
    {{objects}}
) AS o(object_name, object_type)
WHERE o.object_type <> 'MIGRATION'
ON CONFLICT (object_name) DO NOTHING;
