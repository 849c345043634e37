-- Settlement on a chain (P10): transactions to be sent, how far the chain was read, which chain it is, requesters' vouchers.

-- state: 0 planned, 1 signed, 2 mined, 3 final, 4 failed. attempts: the signed forms, oldest first.
CREATE TABLE outbox (
    sequence        bigint   PRIMARY KEY,
    idempotency_key text     NOT NULL UNIQUE CHECK (char_length(idempotency_key) BETWEEN 1 AND 128),
    sender          bytea    NOT NULL CHECK (octet_length(sender) = 20),
    target          bytea    NOT NULL CHECK (octet_length(target) = 20),
    data            bytea    NOT NULL CHECK (octet_length(data) <= 126976),
    gas_limit       bigint   NOT NULL CHECK (gas_limit > 0),
    created_at      bigint   NOT NULL,
    state           smallint NOT NULL CHECK (state BETWEEN 0 AND 4),
    nonce           bigint   CHECK (nonce >= 0),
    attempts        bytea    NOT NULL,
    mined_number    bigint   CHECK (mined_number >= 0),
    mined_hash      bytea    CHECK (octet_length(mined_hash) = 32),
    retries         integer  NOT NULL CHECK (retries >= 0),
    spent_nonce     bigint   CHECK (spent_nonce >= 0),
    reason          text     NOT NULL CHECK (char_length(reason) <= 512),
    version         bigint   NOT NULL CHECK (version >= 1),
    CHECK ((mined_number IS NULL) = (mined_hash IS NULL)),
    CHECK (state <> 0 OR nonce IS NULL),
    CHECK (state NOT IN (1, 2) OR nonce IS NOT NULL),
    CHECK (state <> 2 OR mined_number IS NOT NULL)
);

-- One nonce, one effect.
CREATE UNIQUE INDEX outbox_nonce ON outbox (sender, nonce) WHERE nonce IS NOT NULL;
CREATE INDEX outbox_spent_nonce ON outbox (sender, spent_nonce) WHERE spent_nonce IS NOT NULL;
CREATE INDEX outbox_open ON outbox (sender, sequence) WHERE state < 3;
CREATE TRIGGER outbox_next_version BEFORE UPDATE ON outbox FOR EACH ROW
    WHEN (old.state >= 3 OR new.version <> old.version + 1 OR new.idempotency_key <> old.idempotency_key OR new.sender <> old.sender
        OR new.target <> old.target OR new.data <> old.data OR new.gas_limit <> old.gas_limit)
    EXECUTE FUNCTION ledger_refuse('a transaction moves on by one version until it has ended');
CREATE TRIGGER outbox_kept BEFORE DELETE OR TRUNCATE ON outbox EXECUTE FUNCTION ledger_refuse('transactions are never deleted');

CREATE TABLE chain_cursor (
    name   text   NOT NULL PRIMARY KEY CHECK (char_length(name) BETWEEN 1 AND 64),
    number bigint NOT NULL CHECK (number >= 0),
    hash   bytea  NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE TRIGGER chain_cursor_forward BEFORE UPDATE ON chain_cursor FOR EACH ROW
    WHEN (new.name <> old.name OR new.number <= old.number)
    EXECUTE FUNCTION ledger_refuse('a cursor only moves forward');

CREATE TABLE chain_identity (
    id       integer PRIMARY KEY CHECK (id = 1),
    identity bytea   NOT NULL
);

CREATE TRIGGER chain_identity_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON chain_identity
    EXECUTE FUNCTION ledger_refuse('the books belong to one chain');

CREATE TABLE voucher (
    user_address bytea  NOT NULL PRIMARY KEY CHECK (octet_length(user_address) = 20),
    cumulative   bigint NOT NULL CHECK (cumulative > 0),
    signature    bytea  NOT NULL CHECK (octet_length(signature) = 65),
    accepted_at  bigint NOT NULL
);

CREATE TRIGGER voucher_higher BEFORE UPDATE ON voucher FOR EACH ROW
    WHEN (new.user_address <> old.user_address OR new.cumulative <= old.cumulative)
    EXECUTE FUNCTION ledger_refuse('only a higher voucher replaces one');
