-- Requests of shared rate limits that were lent, or were spent and still count.
CREATE TABLE {p}loans (
	rate     {text} NOT NULL,
	id       BIGINT NOT NULL,
	holder   {text} NOT NULL,
	requests INTEGER NOT NULL,
	ended    INTEGER NOT NULL,
	until    BIGINT NOT NULL, -- when they don't count any more
	PRIMARY KEY (rate, id)
);
