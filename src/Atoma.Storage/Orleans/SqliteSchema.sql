-- Tables for Orleans' ADO.NET providers. OrleansQuery and its columns are named by Orleans, the rest is ours.
CREATE TABLE IF NOT EXISTS OrleansQuery (
    QueryKey  TEXT NOT NULL PRIMARY KEY,
    QueryText TEXT NOT NULL
) STRICT;

-- A grain's row is found by the state's name and the key as Orleans takes it apart. Orleans' hashes of them are not kept.
CREATE TABLE IF NOT EXISTS grain_state (
    service TEXT    NOT NULL,
    state   TEXT    NOT NULL,
    n0      INTEGER NOT NULL,
    n1      INTEGER NOT NULL,
    text    TEXT    NOT NULL,
    payload BLOB,
    version INTEGER NOT NULL CHECK (version >= 1),
    PRIMARY KEY (service, state, n0, n1, text)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS cluster (
    id      TEXT    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE IF NOT EXISTS cluster_member (
    cluster       TEXT    NOT NULL REFERENCES cluster (id),
    address       TEXT    NOT NULL,
    port          INTEGER NOT NULL,
    generation    INTEGER NOT NULL,
    silo_name     TEXT    NOT NULL,
    host_name     TEXT    NOT NULL,
    status        INTEGER NOT NULL,
    proxy_port    INTEGER NOT NULL,
    suspect_times TEXT,
    start_time    TEXT    NOT NULL,
    alive_time    TEXT    NOT NULL,
    PRIMARY KEY (cluster, address, port, generation)
) STRICT;
