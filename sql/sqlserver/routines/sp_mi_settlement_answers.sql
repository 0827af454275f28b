SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: reads on in the answers, in their own order, for settlements that are not in the account yet. Whether an answer is one is
-- said by its interface; what it says is read by the bridge, which knows every site's way of wrapping it.
--   @codes: JSON array of interface codes;  @after: read behind this answer, NULL where the last reading ended;  @limit: most answers looked at
-- upto_id: the last answer looked at. It comes even when none of them is a settlement; no row at all means that there is nothing further.
-- Answers are found by their own key: no index of the queue is touched, and no history is read twice.
CREATE OR ALTER PROCEDURE dbo.sp_mi_settlement_answers
    @codes  NVARCHAR(MAX),
    @after  BIGINT,
    @limit  INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    DECLARE @upto BIGINT;
    DECLARE @wanted TABLE (interface_code VARCHAR(10) NOT NULL PRIMARY KEY);

    IF COALESCE(ISJSON(@codes), 0) = 0
        THROW 51902, N'sp_mi_settlement_answers of mi-bridge: @codes is not JSON.', 1;
    INSERT INTO @wanted (interface_code)
    SELECT DISTINCT j.interface_code FROM OPENJSON(@codes) WITH (interface_code VARCHAR(10) '$') AS j;
    IF @after IS NULL
        SELECT @after = c.counter_value FROM dbo.medical_insurance_counters AS c WHERE c.counter_name = 'settlements';
    SELECT @upto = MAX(x.response_id)
    FROM (SELECT TOP (@limit) p.response_id FROM dbo.medical_insurance_responses AS p
          WHERE p.response_id > @after ORDER BY p.response_id) AS x;
    IF @upto IS NULL
        SET @limit = 0;

    SELECT @after AS after_id, @upto AS upto_id, f.response_id, f.request_id, f.interface_code, f.org_code, f.msgid, f.input_data, f.response_data
    FROM (SELECT 1 AS one) AS o
    LEFT JOIN (
        SELECT p.response_id, p.request_id, r.interface_code, r.org_code, p.msgid, r.input_data, p.response_data
        FROM dbo.medical_insurance_responses AS p
        INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = p.request_id
        INNER JOIN @wanted AS w ON w.interface_code = r.interface_code
        WHERE p.response_id > @after AND p.response_id <= @upto AND p.outcome = 'OK' AND r.status = 'COMPLETED'
          AND NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_settlements AS s WHERE s.request_id = p.request_id)
    ) AS f ON 1 = 1
    WHERE @limit > 0;
END;
