-- What is known of mappings that came into force: bases name them by their version.
CREATE TABLE {p}rules (
	tenant  {text} NOT NULL,
	flow    {text} NOT NULL,
	version {text} NOT NULL,
	rules   {blob},
	PRIMARY KEY (tenant, flow, version)
);

-- The version of the mapping that was in force when the link's record was refused.
ALTER TABLE {p}links ADD COLUMN refused_by {text} NOT NULL DEFAULT '';

UPDATE {p}links SET refused_by = mapping WHERE refused IS NOT NULL;
