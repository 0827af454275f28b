-- HIS's own way.
CALL public.sp_medical_insurance_call(?, ?)
