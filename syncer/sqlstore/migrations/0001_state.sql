-- Times are microseconds since 1970, 0 for none. Flags are 0 or 1.
CREATE TABLE {p}sequence (
	one    INTEGER PRIMARY KEY CHECK (one = 1),
	number BIGINT NOT NULL
);

CREATE TABLE {p}links (
	tenant        {text} NOT NULL,
	flow          {text} NOT NULL,
	id            {text} NOT NULL,
	state         {text} NOT NULL,
	parent        {text} NOT NULL,
	target_id     {text} NOT NULL,
	target_parent {text} NOT NULL,
	source        {blob},
	sent          {blob},
	answered      {blob},
	restored      {blob},
	version       {text} NOT NULL,
	mapping       {text} NOT NULL,
	refused       {blob},
	touched       BIGINT NOT NULL, -- a number of the sequence
	touched_at    BIGINT NOT NULL,
	PRIMARY KEY (tenant, flow, id)
);

-- P2: two keys of a flow never share a record of the target.
CREATE UNIQUE INDEX {p}links_target ON {p}links (tenant, flow, target_id) WHERE target_id <> '';

CREATE INDEX {p}links_parent ON {p}links (tenant, flow, parent) WHERE parent <> '';

CREATE INDEX {p}links_touched ON {p}links (tenant, flow, touched);

CREATE TABLE {p}marks (
	tenant       {text} NOT NULL,
	flow         {text} NOT NULL,
	id           {text} NOT NULL,
	parent       {text} NOT NULL,
	lane         INTEGER NOT NULL,
	gone         INTEGER NOT NULL,
	drift        INTEGER NOT NULL,
	released     INTEGER NOT NULL,
	event_id     {text} NOT NULL,
	cause        {text} NOT NULL,
	evidence     {blob},
	scanned      {blob},
	scanned_gone INTEGER NOT NULL,
	scan_number  BIGINT NOT NULL, -- the mark's number while the scan is its newest cause
	number       BIGINT NOT NULL,
	fence        BIGINT NOT NULL, -- 0: not leased
	due          BIGINT NOT NULL, -- for a leased mark, when the lease ends
	attempt      INTEGER NOT NULL,
	snoozes      INTEGER NOT NULL,
	doubt        INTEGER NOT NULL,
	kind         {text} NOT NULL,
	error        {text} NOT NULL,
	status       INTEGER NOT NULL, -- 0 alive, 1 parked, 2 dead
	park_flow    {text} NOT NULL,
	park_id      {text} NOT NULL,
	park_target  {text} NOT NULL, -- the target's record that it is parked under instead
	park_field   {text} NOT NULL,
	PRIMARY KEY (tenant, flow, id)
);

CREATE INDEX {p}marks_order ON {p}marks (status, lane, tenant, number, due);

CREATE INDEX {p}marks_due ON {p}marks (status, due);

CREATE INDEX {p}marks_parked ON {p}marks (tenant, park_flow, park_id) WHERE status = 1;

CREATE INDEX {p}marks_target ON {p}marks (tenant, flow, park_target) WHERE park_target <> '';

CREATE TABLE {p}intents (
	tenant          {text} NOT NULL,
	flow            {text} NOT NULL,
	id              {text} NOT NULL,
	parent          {text} NOT NULL, -- the target's id
	sent            {blob},
	idempotency_key {text} NOT NULL,
	body            {text} NOT NULL,
	first           BIGINT NOT NULL,
	at              BIGINT NOT NULL,
	PRIMARY KEY (tenant, flow, id)
);

CREATE TABLE {p}specs (
	tenant  {text} NOT NULL,
	flow    {text} NOT NULL,
	number  BIGINT NOT NULL,
	version {text} NOT NULL,
	PRIMARY KEY (tenant, flow)
);

CREATE TABLE {p}sweeps (
	tenant     {text} NOT NULL,
	flow       {text} NOT NULL,
	name       {text} NOT NULL,
	generation BIGINT NOT NULL,
	previous   BIGINT NOT NULL,
	fence      BIGINT NOT NULL,
	leased     BIGINT NOT NULL, -- until when
	position   {text} NOT NULL,
	complete   INTEGER NOT NULL,
	watermark  {text} NOT NULL,
	started    BIGINT NOT NULL,
	completed  BIGINT NOT NULL,
	PRIMARY KEY (tenant, flow, name)
);

CREATE TABLE {p}seen (
	tenant {text} NOT NULL,
	flow   {text} NOT NULL,
	name   {text} NOT NULL,
	id     {text} NOT NULL,
	PRIMARY KEY (tenant, flow, name, id)
);

CREATE TABLE {p}removals (
	tenant {text} NOT NULL,
	flow   {text} NOT NULL,
	at     BIGINT NOT NULL
);

CREATE INDEX {p}removals_at ON {p}removals (tenant, flow, at);

CREATE TABLE {p}event_ids (
	tenant {text} NOT NULL,
	id     {text} NOT NULL,
	at     BIGINT NOT NULL,
	PRIMARY KEY (tenant, id)
);

CREATE INDEX {p}event_ids_at ON {p}event_ids (at);

CREATE TABLE {p}events (
	number   BIGINT PRIMARY KEY,
	at       BIGINT NOT NULL,
	tenant   {text} NOT NULL,
	flow     {text} NOT NULL,
	id       {text} NOT NULL,
	action   {text} NOT NULL,
	cause    {text} NOT NULL,
	event_id {text} NOT NULL,
	attempt  INTEGER NOT NULL,
	duration BIGINT NOT NULL, -- microseconds
	kind     {text} NOT NULL,
	error    {text} NOT NULL,
	fields   {text} NOT NULL, -- quoted names, one a line
	warnings {text} NOT NULL  -- quoted texts, one a line
);

CREATE INDEX {p}events_key ON {p}events (tenant, flow, id, number);

-- Changes that NotifyTx noted. They become marks when the engine looks for work.
CREATE TABLE {p}inbox (
	number   {serial} PRIMARY KEY,
	tenant   {text} NOT NULL,
	flow     {text} NOT NULL,
	id       {text} NOT NULL,
	parent   {text} NOT NULL,
	gone     INTEGER NOT NULL,
	event_id {text} NOT NULL,
	cause    {text} NOT NULL,
	evidence {blob}
);

CREATE TABLE {p}secrets (
	name   {text} PRIMARY KEY,
	value  {blob}, -- NULL: none
	holder BIGINT NOT NULL, -- of the lock; 0: free
	until  BIGINT NOT NULL -- when the lock is free again
);
