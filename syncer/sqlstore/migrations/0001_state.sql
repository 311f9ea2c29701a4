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
	version       TEXT NOT NULL,
	mapping       TEXT NOT NULL,
	touched       BIGINT NOT NULL,
	PRIMARY KEY (tenant, flow, id)
);

-- P2: two keys of a flow never share a record of the target.
CREATE UNIQUE INDEX {p}links_target ON {p}links (tenant, flow, target_id) WHERE target_id <> '';

CREATE INDEX {p}links_parent ON {p}links (tenant, flow, parent) WHERE parent <> '';

CREATE TABLE {p}marks (
	tenant       TEXT NOT NULL,
	flow         TEXT NOT NULL,
	id           TEXT NOT NULL,
	parent       TEXT NOT NULL,
	lane         INTEGER NOT NULL,
	gone         INTEGER NOT NULL,
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
	doubt        INTEGER NOT NULL,
	status       INTEGER NOT NULL, -- 0 alive, 1 parked, 2 dead
	park_flow    TEXT NOT NULL,
	park_id      TEXT NOT NULL,
	PRIMARY KEY (tenant, flow, id)
);

CREATE INDEX {p}marks_order ON {p}marks (status, lane, number);

CREATE INDEX {p}marks_due ON {p}marks (status, due);

CREATE INDEX {p}marks_parked ON {p}marks (tenant, park_flow, park_id) WHERE status = 1;

CREATE TABLE {p}sweeps (
	tenant     TEXT NOT NULL,
	flow       TEXT NOT NULL,
	generation BIGINT NOT NULL,
	position   TEXT NOT NULL,
	complete   INTEGER NOT NULL,
	watermark  TEXT NOT NULL,
	PRIMARY KEY (tenant, flow)
);

CREATE TABLE {p}seen (
	tenant TEXT NOT NULL,
	flow   TEXT NOT NULL,
	id     TEXT NOT NULL,
	PRIMARY KEY (tenant, flow, id)
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
