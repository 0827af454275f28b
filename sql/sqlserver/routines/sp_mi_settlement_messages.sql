SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: which requests of ours messages belong to, and how those stand.
--   @items: JSON array of {msgid}. outcome: what the request's answer proved, empty without one
CREATE OR ALTER PROCEDURE dbo.sp_mi_settlement_messages
    @items  NVARCHAR(MAX)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    DECLARE @batch TABLE (msgid VARCHAR(30) NOT NULL PRIMARY KEY);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_settlement_messages of mi-bridge: @items is not JSON.', 1;
    INSERT INTO @batch (msgid)
    SELECT DISTINCT CONVERT(VARCHAR(30), i.msgid)
    FROM OPENJSON(@items) WITH (msgid NVARCHAR(MAX) '$.msgid') AS i
    WHERE i.msgid IS NOT NULL;

    SELECT a.msgid, r.request_id, r.interface_code, r.status, COALESCE(p.outcome, '') AS outcome
    FROM @batch AS i
    INNER JOIN dbo.medical_insurance_attempts AS a ON a.msgid = i.msgid
    INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = a.request_id
    LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = r.request_id;
END;
