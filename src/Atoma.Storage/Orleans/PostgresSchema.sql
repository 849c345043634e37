-- Tables for Orleans' ADO.NET providers. OrleansQuery and its columns are named by Orleans, the rest is ours.
CREATE TABLE IF NOT EXISTS OrleansQuery (
    QueryKey  text NOT NULL PRIMARY KEY,
    QueryText text NOT NULL
);

-- A grain's row is found by the state's name and the key as Orleans takes it apart. Orleans' hashes of them are not kept.
-- fillfactor leaves room for updates in place.
CREATE TABLE IF NOT EXISTS grain_state (
    service text    NOT NULL,
    state   text    NOT NULL,
    n0      bigint  NOT NULL,
    n1      bigint  NOT NULL,
    text    text    NOT NULL,
    payload bytea,
    version integer NOT NULL CHECK (version >= 1),
    PRIMARY KEY (service, state, n0, n1, text)
) WITH (fillfactor = 70);

CREATE TABLE IF NOT EXISTS cluster (
    id      text    NOT NULL PRIMARY KEY,
    version integer NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS cluster_member (
    cluster       text        NOT NULL REFERENCES cluster (id),
    address       text        NOT NULL,
    port          integer     NOT NULL,
    generation    integer     NOT NULL,
    silo_name     text        NOT NULL,
    host_name     text        NOT NULL,
    status        integer     NOT NULL,
    proxy_port    integer     NOT NULL,
    suspect_times text,
    start_time    timestamptz NOT NULL,
    alive_time    timestamptz NOT NULL,
    PRIMARY KEY (cluster, address, port, generation)
);
