-- Times are microseconds since 1970, 0 for none. Flags are 0 or 1.
CREATE TABLE {p}sequence (
	one    INTEGER PRIMARY KEY CHECK (one = 1),
	number BIGINT NOT NULL
);

CREATE TABLE {p}links (
	tenant        TEXT NOT NULL,
	flow          TEXT NOT NULL,
	id            TEXT NOT NULL,
	state         TEXT NOT NULL,
	parent        TEXT NOT NULL,
	target_id     TEXT NOT NULL,
	target_parent TEXT NOT NULL,
	source        BLOB,
	sent          BLOB,
	answered      BLOB,
	restored      BLOB,
	version       TEXT NOT NULL,
	mapping       TEXT NOT NULL,
	refused       BLOB,
	touched       BIGINT NOT NULL, -- a number of the sequence
	touched_at    BIGINT NOT NULL,
	PRIMARY KEY (tenant, flow, id)
);

-- P2: two keys of a flow never share a record of the target.
CREATE UNIQUE INDEX {p}links_target ON {p}links (tenant, flow, target_id) WHERE target_id <> '';

CREATE INDEX {p}links_parent ON {p}links (tenant, flow, parent) WHERE parent <> '';

CREATE INDEX {p}links_touched ON {p}links (tenant, flow, touched);

CREATE TABLE {p}marks (
	tenant       TEXT NOT NULL,
	flow         TEXT NOT NULL,
	id           TEXT NOT NULL,
	parent       TEXT NOT NULL,
	lane         INTEGER NOT NULL,
	gone         INTEGER NOT NULL,
	drift        INTEGER NOT NULL,
	released     INTEGER NOT NULL,
	event_id     TEXT NOT NULL,
	cause        TEXT NOT NULL,
	evidence     BLOB,
	scanned      BLOB,
	scanned_gone INTEGER NOT NULL,
	scan_number  BIGINT NOT NULL, -- the mark's number while the scan is its newest cause
	number       BIGINT NOT NULL,
	fence        BIGINT NOT NULL, -- 0: not leased
	due          BIGINT NOT NULL, -- for a leased mark, when the lease ends
	attempt      INTEGER NOT NULL,
	snoozes      INTEGER NOT NULL,
	doubt        INTEGER NOT NULL,
	kind         TEXT NOT NULL,
	error        TEXT NOT NULL,
	status       INTEGER NOT NULL, -- 0 alive, 1 parked, 2 dead
	park_flow    TEXT NOT NULL,
	park_id      TEXT NOT NULL,
	park_target  TEXT NOT NULL, -- the target's record that it is parked under instead
	park_field   TEXT NOT NULL,
	PRIMARY KEY (tenant, flow, id)
);

CREATE INDEX {p}marks_order ON {p}marks (status, lane, number);

CREATE INDEX {p}marks_due ON {p}marks (status, due);

CREATE INDEX {p}marks_parked ON {p}marks (tenant, park_flow, park_id) WHERE status = 1;

CREATE INDEX {p}marks_target ON {p}marks (tenant, flow, park_target) WHERE status = 1;

CREATE TABLE {p}intents (
	tenant          TEXT NOT NULL,
	flow            TEXT NOT NULL,
	id              TEXT NOT NULL,
	parent          TEXT NOT NULL, -- the target's id
	sent            BLOB,
	idempotency_key TEXT NOT NULL,
	body            TEXT NOT NULL,
	first           BIGINT NOT NULL,
	at              BIGINT NOT NULL,
	PRIMARY KEY (tenant, flow, id)
);

CREATE TABLE {p}specs (
	tenant  TEXT NOT NULL,
	flow    TEXT NOT NULL,
	number  BIGINT NOT NULL,
	version TEXT NOT NULL,
	PRIMARY KEY (tenant, flow)
);

CREATE TABLE {p}sweeps (
	tenant     TEXT NOT NULL,
	flow       TEXT NOT NULL,
	name       TEXT NOT NULL,
	generation BIGINT NOT NULL,
	previous   BIGINT NOT NULL,
	fence      BIGINT NOT NULL,
	leased     BIGINT NOT NULL, -- until when
	position   TEXT NOT NULL,
	complete   INTEGER NOT NULL,
	watermark  TEXT NOT NULL,
	started    BIGINT NOT NULL,
	completed  BIGINT NOT NULL,
	PRIMARY KEY (tenant, flow, name)
);

CREATE TABLE {p}seen (
	tenant TEXT NOT NULL,
	flow   TEXT NOT NULL,
	name   TEXT NOT NULL,
	id     TEXT NOT NULL,
	PRIMARY KEY (tenant, flow, name, id)
);

CREATE TABLE {p}removals (
	tenant TEXT NOT NULL,
	flow   TEXT NOT NULL,
	at     BIGINT NOT NULL
);

CREATE INDEX {p}removals_at ON {p}removals (tenant, flow, at);

CREATE TABLE {p}event_ids (
	tenant TEXT NOT NULL,
	id     TEXT NOT NULL,
	at     BIGINT NOT NULL,
	PRIMARY KEY (tenant, id)
);

CREATE INDEX {p}event_ids_at ON {p}event_ids (at);

CREATE TABLE {p}events (
	number   BIGINT PRIMARY KEY,
	at       BIGINT NOT NULL,
	tenant   TEXT NOT NULL,
	flow     TEXT NOT NULL,
	id       TEXT NOT NULL,
	action   TEXT NOT NULL,
	cause    TEXT NOT NULL,
	event_id TEXT NOT NULL,
	attempt  INTEGER NOT NULL,
	duration BIGINT NOT NULL, -- microseconds
	kind     TEXT NOT NULL,
	error    TEXT NOT NULL,
	fields   TEXT NOT NULL, -- JSON array of names
	warnings TEXT NOT NULL  -- JSON array of texts
);

CREATE INDEX {p}events_key ON {p}events (tenant, flow, id, number);
