-- One query per key of Orleans 10.4.2's ADO.NET providers. Each is one statement, so it is atomic by itself.

-- @WriteToStorageKey
-- Without a version the row must be new, with one it must be at that version; else no row comes back, which is a conflict.
WITH changed AS (
    UPDATE grain_state SET payload = @PayloadBinary, version = version + 1
    WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
        AND text = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
    RETURNING version),
added AS (
    INSERT INTO grain_state (service, state, n0, n1, text, payload, version)
    SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), @PayloadBinary, 1
    WHERE @GrainStateVersion IS NULL
    ON CONFLICT (service, state, n0, n1, text) DO NOTHING
    RETURNING version)
SELECT version AS "NewGrainStateVersion" FROM changed UNION ALL SELECT version FROM added;

-- @ReadFromStorageKey
SELECT payload AS "PayloadBinary", version AS "Version" FROM grain_state
WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
    AND text = coalesce(@GrainIdExtensionString, '');

-- @ClearStorageKey
-- The row stays with its version, so that a late writer with an old version still conflicts.
UPDATE grain_state SET payload = NULL, version = version + 1
WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
    AND text = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
RETURNING version AS "NewGrainStateVersion";

-- @DeleteStorageKey
DELETE FROM grain_state
WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
    AND text = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
RETURNING version + 1 AS "NewGrainStateVersion";

-- @InsertMembershipVersionKey
WITH added AS (INSERT INTO cluster (id) VALUES (@DeploymentId) ON CONFLICT (id) DO NOTHING RETURNING 1)
SELECT count(*)::integer FROM added;

-- @InsertMembershipKey
WITH moved AS (
    UPDATE cluster SET version = version + 1
    WHERE id = @DeploymentId AND version = @Version AND NOT EXISTS (
        SELECT 1 FROM cluster_member
        WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING 1),
added AS (
    INSERT INTO cluster_member
        (cluster, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_time)
    SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
    FROM moved
    RETURNING 1)
SELECT count(*)::integer FROM added;

-- @UpdateMembershipKey
WITH moved AS (
    UPDATE cluster SET version = version + 1
    WHERE id = @DeploymentId AND version = @Version AND EXISTS (
        SELECT 1 FROM cluster_member
        WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING 1),
changed AS (
    UPDATE cluster_member SET status = @Status, suspect_times = @SuspectTimes, alive_time = @IAmAliveTime
    FROM moved
    WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
    RETURNING 1)
SELECT count(*)::integer FROM changed;

-- @UpdateIAmAlivetimeKey
UPDATE cluster_member SET alive_time = @IAmAliveTime
WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation;

-- @MembershipReadRowKey
SELECT c.id AS "DeploymentId", m.address AS "Address", m.port AS "Port", m.generation AS "Generation", m.silo_name AS "SiloName",
    m.host_name AS "HostName", m.status AS "Status", m.proxy_port AS "ProxyPort", m.suspect_times AS "SuspectTimes",
    m.start_time AS "StartTime", m.alive_time AS "IAmAliveTime", c.version AS "Version"
FROM cluster c LEFT JOIN cluster_member m
    ON m.cluster = c.id AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
WHERE c.id = @DeploymentId;

-- @MembershipReadAllKey
SELECT c.id AS "DeploymentId", m.address AS "Address", m.port AS "Port", m.generation AS "Generation", m.silo_name AS "SiloName",
    m.host_name AS "HostName", m.status AS "Status", m.proxy_port AS "ProxyPort", m.suspect_times AS "SuspectTimes",
    m.start_time AS "StartTime", m.alive_time AS "IAmAliveTime", c.version AS "Version"
FROM cluster c LEFT JOIN cluster_member m ON m.cluster = c.id
WHERE c.id = @DeploymentId;

-- @DeleteMembershipTableEntriesKey
WITH members AS (DELETE FROM cluster_member WHERE cluster = @DeploymentId)
DELETE FROM cluster WHERE id = @DeploymentId;

-- @GatewaysQueryKey
SELECT address AS "Address", proxy_port AS "ProxyPort", generation AS "Generation" FROM cluster_member
WHERE cluster = @DeploymentId AND status = @Status AND proxy_port > 0;

-- @CleanupDefunctSiloEntriesKey
-- 6 is SiloStatus.Dead. Orleans prefers the next query and needs this one to be there.
DELETE FROM cluster_member WHERE cluster = @DeploymentId AND status = 6 AND alive_time < @IAmAliveTime;

-- @CleanupDefunctSiloEntryKey
DELETE FROM cluster_member
WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation AND status = 6
    AND start_time = @StartTime AND alive_time = @IAmAliveTime AND suspect_times IS NOT DISTINCT FROM @SuspectTimes;
