-- Records of the target that others may have made or changed, for the processes
-- that match records.
CREATE TABLE {p}noted (
	tenant    {text} NOT NULL,
	flow      {text} NOT NULL,
	target_id {text} NOT NULL,
	number    BIGINT NOT NULL, -- of the sequence
	at        BIGINT NOT NULL,
	PRIMARY KEY (tenant, flow, target_id)
);

CREATE INDEX {p}noted_number ON {p}noted (tenant, flow, number);

CREATE INDEX {p}noted_at ON {p}noted (at);
