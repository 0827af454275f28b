SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Keeps, in their order, those of the chosen requests that every limit still has room for, and books them.
-- Called under the claim's lock only: two claims never share the same room.
--   @ids: JSON array of request ids;  @kept: JSON array of those that may go
CREATE OR ALTER PROCEDURE dbo.sp_mi_within_limits
    @ids   NVARCHAR(MAX),
    @kept  NVARCHAR(MAX) OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @bucket DATETIME2(0) = DATEADD(MILLISECOND, -DATEPART(MILLISECOND, @now), @now);
    DECLARE @chosen TABLE (request_id BIGINT NOT NULL PRIMARY KEY, place INT NOT NULL);
    DECLARE @within TABLE (request_id BIGINT NOT NULL PRIMARY KEY, place INT NOT NULL);
    DECLARE @booked TABLE (limit_id INT NOT NULL PRIMARY KEY, taken INT NOT NULL);

    IF NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_limits AS l WHERE l.enabled = 1)
    BEGIN
        SET @kept = @ids;
        RETURN;
    END;
    INSERT INTO @chosen (request_id, place)
    SELECT CONVERT(BIGINT, j.[value]), CONVERT(INT, j.[key])
    FROM OPENJSON(@ids) AS j;

    -- a request that no limit concerns has all the room there is (and an aggregate that met NULL would send a warning, which ODBC
    -- takes for the claim's result)
    INSERT INTO @within (request_id, place)
    SELECT c.request_id, c.place
    FROM (
        SELECT k.request_id, k.place, MIN(COALESCE(u.room - k.nth, 2147483647)) AS slack
        FROM (
            SELECT r.request_id, i.place, l.limit_id, ROW_NUMBER() OVER (PARTITION BY l.limit_id ORDER BY i.place) AS nth
            FROM @chosen AS i
            INNER JOIN dbo.medical_insurance_requests AS r WITH (FORCESEEK) ON r.request_id = i.request_id AND r.status = 'PENDING'
            LEFT JOIN dbo.medical_insurance_limits AS l
                ON l.enabled = 1 AND l.org_code IN ('', r.org_code) AND l.interface_code IN ('', r.interface_code)
        ) AS k
        LEFT JOIN dbo.v_medical_insurance_limits AS u ON u.limit_id = k.limit_id
        GROUP BY k.request_id, k.place
    ) AS c
    WHERE c.slack >= 0;

    DELETE u FROM dbo.medical_insurance_limit_usage AS u WHERE u.bucket_time < DATEADD(SECOND, -120, @now);
    INSERT INTO @booked (limit_id, taken)
    SELECT l.limit_id, COUNT(*)
    FROM @within AS i
    INNER JOIN dbo.medical_insurance_requests AS r WITH (FORCESEEK) ON r.request_id = i.request_id
    INNER JOIN dbo.medical_insurance_limits AS l
        ON l.enabled = 1 AND l.max_per_minute IS NOT NULL AND l.org_code IN ('', r.org_code) AND l.interface_code IN ('', r.interface_code)
    GROUP BY l.limit_id;
    UPDATE u
    SET taken = u.taken + b.taken
    FROM dbo.medical_insurance_limit_usage AS u
    INNER JOIN @booked AS b ON b.limit_id = u.limit_id
    WHERE u.bucket_time = @bucket;
    INSERT INTO dbo.medical_insurance_limit_usage (limit_id, bucket_time, taken)
    SELECT b.limit_id, @bucket, b.taken
    FROM @booked AS b
    WHERE NOT EXISTS (
        SELECT 1 FROM dbo.medical_insurance_limit_usage AS u WHERE u.limit_id = b.limit_id AND u.bucket_time = @bucket);

    SET @kept = N'[' + COALESCE(STUFF((
        SELECT N',' + CONVERT(NVARCHAR(20), i.request_id) FROM @within AS i ORDER BY i.place FOR XML PATH('')), 1, 1, N''), N'') + N']';
END;
