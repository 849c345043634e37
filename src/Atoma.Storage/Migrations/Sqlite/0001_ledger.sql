-- The books (P11), request rows, slashes and API keys.
-- Times are UTC ticks of 100 ns since year 1 (DateTimeOffset.UtcTicks); ids are 32 bytes; amounts are micro-units.
-- The checks and triggers are the last line: the code should never run into them.

CREATE TABLE account (
    id      INTEGER PRIMARY KEY,
    kind    INTEGER NOT NULL CHECK (kind >= 0),
    owner   TEXT    NOT NULL CHECK (length(owner) <= 64),
    balance INTEGER NOT NULL CHECK (kind = 0 OR balance >= 0),
    UNIQUE (kind, owner)
) STRICT;

CREATE TRIGGER account_identity BEFORE UPDATE OF id, kind, owner ON account
BEGIN SELECT RAISE(ABORT, 'an account keeps its identity'); END;
CREATE TRIGGER account_kept BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'accounts are never deleted'); END;

-- kind: 1 a transfer, 2 the first phase of a hold (payer to escrow).
CREATE TABLE transfer (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    kind       INTEGER NOT NULL CHECK (kind IN (1, 2)),
    debit      INTEGER NOT NULL REFERENCES account (id),
    credit     INTEGER NOT NULL REFERENCES account (id),
    amount     INTEGER NOT NULL CHECK (amount > 0),
    code       INTEGER NOT NULL,
    expires_at INTEGER,
    at         INTEGER NOT NULL,
    CHECK (debit <> credit),
    CHECK ((kind = 2) = (expires_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER transfer_unchanged BEFORE UPDATE ON transfer
BEGIN SELECT RAISE(ABORT, 'transfers are immutable'); END;
CREATE TRIGGER transfer_kept BEFORE DELETE ON transfer
BEGIN SELECT RAISE(ABORT, 'transfers are immutable'); END;

-- state: 0 open, 1 posted, 2 voided. parts: digest of what a post paid.
CREATE TABLE hold (
    id          BLOB    NOT NULL PRIMARY KEY REFERENCES transfer (id),
    amount      INTEGER NOT NULL CHECK (amount > 0),
    state       INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    parts       BLOB    CHECK (length(parts) = 32),
    resolved_at INTEGER,
    CHECK ((state = 1) = (parts IS NOT NULL)),
    CHECK ((state = 0) = (resolved_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX hold_open ON hold (amount) WHERE state = 0;
CREATE TRIGGER hold_resolved_once BEFORE UPDATE ON hold
WHEN old.state <> 0 OR new.id <> old.id OR new.amount <> old.amount
BEGIN SELECT RAISE(ABORT, 'a hold is resolved once'); END;
CREATE TRIGGER hold_kept BEFORE DELETE ON hold
BEGIN SELECT RAISE(ABORT, 'holds are never deleted'); END;

CREATE TABLE entry (
    sequence      INTEGER PRIMARY KEY,
    operation     BLOB    NOT NULL REFERENCES transfer (id),
    account       INTEGER NOT NULL REFERENCES account (id),
    counterparty  INTEGER NOT NULL REFERENCES account (id),
    amount        INTEGER NOT NULL CHECK (amount <> 0),
    balance_after INTEGER NOT NULL,
    code          INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    CHECK (account <> counterparty)
) STRICT;

-- The amount is in it so that an audit reads the index alone.
CREATE INDEX entry_of_account ON entry (account, sequence, amount);
CREATE INDEX entry_of_operation ON entry (operation);
CREATE TRIGGER entry_unchanged BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are immutable'); END;
CREATE TRIGGER entry_kept BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are immutable'); END;

CREATE TABLE request (
    sequence        INTEGER PRIMARY KEY,
    id              BLOB    NOT NULL UNIQUE CHECK (length(id) = 32),
    account         TEXT    NOT NULL CHECK (length(account) BETWEEN 1 AND 64),
    idempotency_key TEXT    NOT NULL CHECK (length(idempotency_key) <= 128),
    model           TEXT    NOT NULL,
    phase           INTEGER NOT NULL,
    is_open         INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    created_at      INTEGER NOT NULL,
    deadline        INTEGER NOT NULL,
    state           BLOB    NOT NULL,
    version         INTEGER NOT NULL CHECK (version >= 1)
) STRICT;

CREATE UNIQUE INDEX request_key ON request (account, idempotency_key) WHERE idempotency_key <> '';
CREATE INDEX request_due ON request (deadline, sequence) WHERE is_open = 1;
CREATE INDEX request_recent ON request (created_at, sequence);
CREATE INDEX request_recent_of_account ON request (account, created_at, sequence);
CREATE INDEX request_phase ON request (phase);
CREATE TRIGGER request_next_version BEFORE UPDATE ON request
WHEN new.id <> old.id OR new.version <> old.version + 1
BEGIN SELECT RAISE(ABORT, 'a request moves on by one version'); END;

CREATE TABLE slash (
    sequence INTEGER PRIMARY KEY,
    id       BLOB    NOT NULL UNIQUE CHECK (length(id) = 32),
    node     TEXT    NOT NULL CHECK (length(node) BETWEEN 1 AND 64),
    request  BLOB    NOT NULL CHECK (length(request) = 32),
    is_open  INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    due_at   INTEGER NOT NULL,
    state    BLOB    NOT NULL,
    version  INTEGER NOT NULL CHECK (version >= 1)
) STRICT;

CREATE INDEX slash_due ON slash (due_at, sequence) WHERE is_open = 1;
CREATE INDEX slash_of_node ON slash (node, sequence);
CREATE TRIGGER slash_next_version BEFORE UPDATE ON slash
WHEN new.id <> old.id OR new.version <> old.version + 1
BEGIN SELECT RAISE(ABORT, 'a slash moves on by one version'); END;

CREATE TABLE api_key (
    key_hash   BLOB    NOT NULL PRIMARY KEY CHECK (length(key_hash) = 32),
    account    TEXT    NOT NULL CHECK (length(account) BETWEEN 1 AND 64),
    scope      INTEGER NOT NULL,
    label      TEXT    NOT NULL CHECK (length(label) <= 64),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
