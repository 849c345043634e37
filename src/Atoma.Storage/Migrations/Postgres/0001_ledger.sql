-- The books (P11), request rows, slashes and API keys. Times are UTC ticks of 100 ns since year 1 (DateTimeOffset.UtcTicks);
-- ids are 32 bytes; amounts are micro-units. The checks and triggers are the last line: the code should never run into them.
-- Numbers (id, sequence) are given by the writer, who is alone while it holds the ledger's lock.

CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0];
END $$;

CREATE TABLE account (
    id      bigint   PRIMARY KEY,
    kind    smallint NOT NULL CHECK (kind >= 0),
    owner   text     NOT NULL CHECK (char_length(owner) <= 64),
    balance bigint   NOT NULL CHECK (kind = 0 OR balance >= 0),
    UNIQUE (kind, owner)
);

CREATE TRIGGER account_identity BEFORE UPDATE OF id, kind, owner ON account FOR EACH ROW
    WHEN (new.id <> old.id OR new.kind <> old.kind OR new.owner <> old.owner)
    EXECUTE FUNCTION ledger_refuse('an account keeps its identity');
CREATE TRIGGER account_kept BEFORE DELETE OR TRUNCATE ON account EXECUTE FUNCTION ledger_refuse('accounts are never deleted');

-- kind: 1 a transfer, 2 the first phase of a hold (payer to escrow).
CREATE TABLE transfer (
    id         bytea    PRIMARY KEY CHECK (octet_length(id) = 32),
    kind       smallint NOT NULL CHECK (kind IN (1, 2)),
    debit      bigint   NOT NULL REFERENCES account (id),
    credit     bigint   NOT NULL REFERENCES account (id),
    amount     bigint   NOT NULL CHECK (amount > 0),
    code       smallint NOT NULL,
    expires_at bigint,
    at         bigint   NOT NULL,
    CHECK (debit <> credit),
    CHECK ((kind = 2) = (expires_at IS NOT NULL))
);

CREATE TRIGGER transfer_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    EXECUTE FUNCTION ledger_refuse('transfers are immutable');

-- state: 0 open, 1 posted, 2 voided. parts: digest of what a post paid.
CREATE TABLE hold (
    id          bytea    PRIMARY KEY REFERENCES transfer (id),
    amount      bigint   NOT NULL CHECK (amount > 0),
    state       smallint NOT NULL CHECK (state IN (0, 1, 2)),
    parts       bytea    CHECK (octet_length(parts) = 32),
    resolved_at bigint,
    CHECK ((state = 1) = (parts IS NOT NULL)),
    CHECK ((state = 0) = (resolved_at IS NULL))
);

CREATE INDEX hold_open ON hold (amount) WHERE state = 0;
CREATE TRIGGER hold_resolved_once BEFORE UPDATE ON hold FOR EACH ROW
    WHEN (old.state <> 0 OR new.id <> old.id OR new.amount <> old.amount)
    EXECUTE FUNCTION ledger_refuse('a hold is resolved once');
CREATE TRIGGER hold_kept BEFORE DELETE OR TRUNCATE ON hold EXECUTE FUNCTION ledger_refuse('holds are never deleted');

CREATE TABLE entry (
    sequence      bigint   PRIMARY KEY,
    operation     bytea    NOT NULL REFERENCES transfer (id),
    account       bigint   NOT NULL REFERENCES account (id),
    counterparty  bigint   NOT NULL REFERENCES account (id),
    amount        bigint   NOT NULL CHECK (amount <> 0),
    balance_after bigint   NOT NULL,
    code          smallint NOT NULL,
    at            bigint   NOT NULL,
    CHECK (account <> counterparty)
);

-- The amount is in it so that an audit reads the index alone.
CREATE INDEX entry_of_account ON entry (account, sequence) INCLUDE (amount);
CREATE INDEX entry_of_operation ON entry (operation);
CREATE TRIGGER entry_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    EXECUTE FUNCTION ledger_refuse('entries are immutable');

CREATE TABLE request (
    sequence        bigint   PRIMARY KEY,
    id              bytea    NOT NULL UNIQUE CHECK (octet_length(id) = 32),
    account         text     NOT NULL CHECK (char_length(account) BETWEEN 1 AND 64),
    idempotency_key text     NOT NULL CHECK (char_length(idempotency_key) <= 128),
    model           text     NOT NULL,
    phase           integer  NOT NULL,
    is_open         boolean  NOT NULL,
    created_at      bigint   NOT NULL,
    deadline        bigint   NOT NULL,
    state           bytea    NOT NULL,
    version         bigint   NOT NULL CHECK (version >= 1)
);

CREATE UNIQUE INDEX request_key ON request (account, idempotency_key) WHERE idempotency_key <> '';
CREATE INDEX request_due ON request (deadline, sequence) WHERE is_open;
CREATE INDEX request_recent ON request (created_at, sequence);
CREATE INDEX request_recent_of_account ON request (account, created_at, sequence);
CREATE INDEX request_phase ON request (phase);
-- One transaction may carry several steps of a request, and writes the last.
CREATE TRIGGER request_next_version BEFORE UPDATE ON request FOR EACH ROW
    WHEN (new.id <> old.id OR new.version <= old.version)
    EXECUTE FUNCTION ledger_refuse('a request moves on by its version');

CREATE TABLE slash (
    sequence bigint  PRIMARY KEY,
    id       bytea   NOT NULL UNIQUE CHECK (octet_length(id) = 32),
    node     text    NOT NULL CHECK (char_length(node) BETWEEN 1 AND 64),
    request  bytea   NOT NULL CHECK (octet_length(request) = 32),
    is_open  boolean NOT NULL,
    due_at   bigint  NOT NULL,
    state    bytea   NOT NULL,
    version  bigint  NOT NULL CHECK (version >= 1)
);

CREATE INDEX slash_due ON slash (due_at, sequence) WHERE is_open;
CREATE INDEX slash_of_node ON slash (node, sequence);
CREATE TRIGGER slash_next_version BEFORE UPDATE ON slash FOR EACH ROW
    WHEN (new.id <> old.id OR new.version <= old.version)
    EXECUTE FUNCTION ledger_refuse('a slash moves on by its version');

CREATE TABLE api_key (
    key_hash   bytea    PRIMARY KEY CHECK (octet_length(key_hash) = 32),
    account    text     NOT NULL CHECK (char_length(account) BETWEEN 1 AND 64),
    scope      smallint NOT NULL,
    label      text     NOT NULL CHECK (char_length(label) <= 64),
    created_at bigint   NOT NULL,
    revoked_at bigint
);
