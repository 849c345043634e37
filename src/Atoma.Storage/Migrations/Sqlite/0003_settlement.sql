-- Settlement on a chain (P10): transactions to be sent, how far the chain was read, which chain it is, requesters' vouchers.

-- state: 0 planned, 1 signed, 2 mined, 3 final, 4 failed. attempts: the signed forms, oldest first.
CREATE TABLE outbox (
    sequence        INTEGER PRIMARY KEY,
    idempotency_key TEXT    NOT NULL UNIQUE CHECK (length(idempotency_key) BETWEEN 1 AND 128),
    sender          BLOB    NOT NULL CHECK (length(sender) = 20),
    target          BLOB    NOT NULL CHECK (length(target) = 20),
    data            BLOB    NOT NULL CHECK (length(data) <= 126976),
    gas_limit       INTEGER NOT NULL CHECK (gas_limit > 0),
    created_at      INTEGER NOT NULL,
    state           INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
    nonce           INTEGER CHECK (nonce >= 0),
    attempts        BLOB    NOT NULL,
    mined_number    INTEGER CHECK (mined_number >= 0),
    mined_hash      BLOB    CHECK (length(mined_hash) = 32),
    retries         INTEGER NOT NULL CHECK (retries >= 0),
    spent_nonce     INTEGER CHECK (spent_nonce >= 0),
    reason          TEXT    NOT NULL CHECK (length(reason) <= 512),
    version         INTEGER NOT NULL CHECK (version >= 1),
    CHECK ((mined_number IS NULL) = (mined_hash IS NULL)),
    CHECK (state <> 0 OR nonce IS NULL),
    CHECK (state NOT IN (1, 2) OR nonce IS NOT NULL),
    CHECK (state <> 2 OR mined_number IS NOT NULL)
) STRICT;

-- One nonce, one effect.
CREATE UNIQUE INDEX outbox_nonce ON outbox (sender, nonce) WHERE nonce IS NOT NULL;
CREATE INDEX outbox_spent_nonce ON outbox (sender, spent_nonce) WHERE spent_nonce IS NOT NULL;
CREATE INDEX outbox_open ON outbox (sender, sequence) WHERE state < 3;
CREATE TRIGGER outbox_next_version BEFORE UPDATE ON outbox
WHEN old.state >= 3 OR new.version <> old.version + 1 OR new.idempotency_key <> old.idempotency_key OR new.sender <> old.sender
    OR new.target <> old.target OR new.data <> old.data OR new.gas_limit <> old.gas_limit
BEGIN SELECT RAISE(ABORT, 'a transaction moves on by one version until it has ended'); END;
CREATE TRIGGER outbox_kept BEFORE DELETE ON outbox
BEGIN SELECT RAISE(ABORT, 'transactions are never deleted'); END;

CREATE TABLE chain_cursor (
    name   TEXT    NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
    number INTEGER NOT NULL CHECK (number >= 0),
    hash   BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER chain_cursor_forward BEFORE UPDATE ON chain_cursor
WHEN new.name <> old.name OR new.number <= old.number
BEGIN SELECT RAISE(ABORT, 'a cursor only moves forward'); END;

CREATE TABLE chain_identity (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    identity BLOB    NOT NULL
) STRICT;

CREATE TRIGGER chain_identity_unchanged BEFORE UPDATE ON chain_identity
BEGIN SELECT RAISE(ABORT, 'the books belong to one chain'); END;
CREATE TRIGGER chain_identity_kept BEFORE DELETE ON chain_identity
BEGIN SELECT RAISE(ABORT, 'the books belong to one chain'); END;

CREATE TABLE voucher (
    user_address BLOB    NOT NULL PRIMARY KEY CHECK (length(user_address) = 20),
    cumulative   INTEGER NOT NULL CHECK (cumulative > 0),
    signature    BLOB    NOT NULL CHECK (length(signature) = 65),
    accepted_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER voucher_higher BEFORE UPDATE ON voucher
WHEN new.user_address <> old.user_address OR new.cumulative <= old.cumulative
BEGIN SELECT RAISE(ABORT, 'only a higher voucher replaces one'); END;
