-- Holds that expire and are charged to a key's budget; accounts, key limits, audit log, payouts and webhooks.

-- state: 0 open, 1 posted, 2 voided, 3 expired. parts: digest of what a post paid. payer and expires_at repeat the transfer's, for
-- the indexes. budget: the key that it is charged to; budget_window: the window that bears it, where the key has a budget.
CREATE TABLE hold_new (
    id            BLOB    NOT NULL PRIMARY KEY REFERENCES transfer (id),
    payer         INTEGER NOT NULL REFERENCES account (id),
    amount        INTEGER NOT NULL CHECK (amount > 0),
    expires_at    INTEGER NOT NULL,
    budget        BLOB    CHECK (length(budget) = 32),
    budget_window INTEGER,
    state         INTEGER NOT NULL CHECK (state IN (0, 1, 2, 3)),
    parts         BLOB    CHECK (length(parts) = 32),
    resolved_at   INTEGER,
    CHECK ((state = 1) = (parts IS NOT NULL)),
    CHECK ((state = 0) = (resolved_at IS NULL)),
    CHECK (state <> 3 OR resolved_at >= expires_at),
    CHECK (budget_window IS NULL OR budget IS NOT NULL)
) STRICT, WITHOUT ROWID;

INSERT INTO hold_new (id, payer, amount, expires_at, state, parts, resolved_at)
    SELECT h.id, t.debit, h.amount, t.expires_at, h.state, h.parts, h.resolved_at FROM hold h JOIN transfer t ON t.id = h.id;
DROP TABLE hold;
ALTER TABLE hold_new RENAME TO hold;

CREATE INDEX hold_open ON hold (payer, expires_at, amount) WHERE state = 0;
CREATE INDEX hold_due ON hold (expires_at) WHERE state = 0;
CREATE TRIGGER hold_resolved_once BEFORE UPDATE ON hold
WHEN old.state <> 0 OR new.id <> old.id OR new.payer <> old.payer OR new.amount <> old.amount OR new.expires_at <> old.expires_at
    OR new.budget IS NOT old.budget OR new.budget_window IS NOT old.budget_window
BEGIN SELECT RAISE(ABORT, 'a hold is resolved once'); END;
CREATE TRIGGER hold_kept BEFORE DELETE ON hold
BEGIN SELECT RAISE(ABORT, 'holds are never deleted'); END;

ALTER TABLE api_key ADD COLUMN expires_at INTEGER;
ALTER TABLE api_key ADD COLUMN last_used_at INTEGER;
ALTER TABLE api_key ADD COLUMN requests_per_minute INTEGER CHECK (requests_per_minute > 0);
ALTER TABLE api_key ADD COLUMN tokens_per_minute INTEGER CHECK (tokens_per_minute > 0);
CREATE INDEX api_key_recent ON api_key (created_at, key_hash);
CREATE INDEX api_key_of_account ON api_key (account, created_at, key_hash);

CREATE TABLE key_budget (
    key_hash     BLOB    NOT NULL PRIMARY KEY REFERENCES api_key (key_hash),
    spend_limit  INTEGER NOT NULL CHECK (spend_limit >= 0),
    period       INTEGER NOT NULL CHECK (period IN (0, 1, 2)),
    used         INTEGER NOT NULL CHECK (used >= 0),
    window_start INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whose the ledger's accounts of kind user are.
CREATE TABLE account_record (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    label      TEXT    NOT NULL CHECK (length(label) <= 64),
    created_at INTEGER NOT NULL,
    closed_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_log (
    sequence INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL CHECK (length(actor) BETWEEN 1 AND 64),
    action   TEXT    NOT NULL CHECK (length(action) BETWEEN 1 AND 64),
    subject  TEXT    NOT NULL CHECK (length(subject) <= 128),
    detail   TEXT    NOT NULL CHECK (length(detail) <= 2048)
) STRICT;

CREATE TRIGGER audit_log_unchanged BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is immutable'); END;
CREATE TRIGGER audit_log_kept BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is immutable'); END;

-- state: 0 requested, 1 paid, 2 returned.
CREATE TABLE payout (
    sequence     INTEGER PRIMARY KEY,
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 32),
    node         TEXT    NOT NULL CHECK (length(node) BETWEEN 1 AND 64),
    amount       INTEGER NOT NULL CHECK (amount > 0),
    destination  TEXT    NOT NULL CHECK (length(destination) <= 128),
    state        INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    requested_at INTEGER NOT NULL,
    decided_at   INTEGER,
    reference    TEXT    NOT NULL CHECK (length(reference) <= 128),
    version      INTEGER NOT NULL CHECK (version >= 1),
    CHECK ((state = 0) = (decided_at IS NULL))
) STRICT;

CREATE INDEX payout_of_node ON payout (node, sequence);
CREATE INDEX payout_in_state ON payout (state, sequence);
CREATE TRIGGER payout_next_version BEFORE UPDATE ON payout
WHEN new.id <> old.id OR new.version <= old.version
BEGIN SELECT RAISE(ABORT, 'a payout moves on by its version'); END;
CREATE TRIGGER payout_kept BEFORE DELETE ON payout
BEGIN SELECT RAISE(ABORT, 'payouts are never deleted'); END;

-- state: 0 waiting, 1 delivered, 2 gave up.
CREATE TABLE webhook (
    request    BLOB    NOT NULL PRIMARY KEY CHECK (length(request) = 32),
    account    TEXT    NOT NULL CHECK (length(account) BETWEEN 1 AND 64),
    url        TEXT    NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
    attempts   INTEGER NOT NULL CHECK (attempts >= 0),
    next_at    INTEGER NOT NULL,
    state      INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    last_error TEXT    NOT NULL CHECK (length(last_error) <= 512)
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_due ON webhook (next_at) WHERE state = 0;

-- One transaction may carry several steps of a row, and writes the last.
DROP TRIGGER request_next_version;
CREATE TRIGGER request_next_version BEFORE UPDATE ON request
WHEN new.id <> old.id OR new.version <= old.version
BEGIN SELECT RAISE(ABORT, 'a request moves on by its version'); END;
DROP TRIGGER slash_next_version;
CREATE TRIGGER slash_next_version BEFORE UPDATE ON slash
WHEN new.id <> old.id OR new.version <= old.version
BEGIN SELECT RAISE(ABORT, 'a slash moves on by its version'); END;
