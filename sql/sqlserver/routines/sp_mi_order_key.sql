SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- The key of a request whose interface is ordered: the caller's own, else the patient, else the visit.
-- HIS writes the fields bare, in one node or in several; a list's first row speaks for the list.
--   @input: a JSON object, checked by the caller
--   @serial_key: the caller's own key, empty or NULL when there is none
--   @order_key: the key, NULL when the request stands in no order
CREATE OR ALTER PROCEDURE dbo.sp_mi_order_key
    @input       NVARCHAR(MAX),
    @serial_key  NVARCHAR(200),
    @order_key   NVARCHAR(80) OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @psn_no NVARCHAR(4000);
    DECLARE @mdtrt_id NVARCHAR(4000);

    SET @order_key = NULL;
    IF COALESCE(@serial_key, N'') <> N''
    BEGIN
        SET @order_key = N'S:' + @serial_key;
        RETURN;
    END;
    SET @psn_no = JSON_VALUE(@input, '$.psn_no');
    SET @mdtrt_id = JSON_VALUE(@input, '$.mdtrt_id');
    IF COALESCE(@psn_no, N'') = N''
        -- type 4 is a list, 5 an object; the CASE keeps JSON_VALUE away from values that are no JSON, and N'' keeps NULL away from
        -- MAX, whose warning a HIS driver might take for a result
        SELECT @psn_no = MAX(COALESCE(
                   JSON_VALUE(CASE WHEN n.[type] = 5 THEN n.[value] END, '$.psn_no'),
                   JSON_VALUE(CASE WHEN n.[type] = 4 THEN n.[value] END, '$[0].psn_no'), N'')),
               @mdtrt_id = COALESCE(@mdtrt_id, MAX(COALESCE(
                   JSON_VALUE(CASE WHEN n.[type] = 5 THEN n.[value] END, '$.mdtrt_id'),
                   JSON_VALUE(CASE WHEN n.[type] = 4 THEN n.[value] END, '$[0].mdtrt_id'), N'')))
        FROM OPENJSON(@input) AS n
        WHERE n.[type] IN (4, 5);
    IF COALESCE(@psn_no, N'') <> N''
        SET @order_key = N'P:' + LEFT(@psn_no, 70);
    ELSE IF COALESCE(@mdtrt_id, N'') <> N''
        SET @order_key = N'V:' + LEFT(@mdtrt_id, 70);
END;
