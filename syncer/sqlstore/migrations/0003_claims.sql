-- When a key was marked last.
ALTER TABLE {p}marks ADD COLUMN marked BIGINT NOT NULL DEFAULT 0;

UPDATE {p}marks SET marked = made;

-- With the flow, so that the marks of a flow that pauses are passed over in the
-- index alone.
DROP INDEX {p}marks_order;

CREATE INDEX {p}marks_order ON {p}marks (status, lane, tenant, number, due, flow);
