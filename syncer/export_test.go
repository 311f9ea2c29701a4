package syncer

// MaxMarks sets how many marks a paused tenant keeps.
func (c *Config) MaxMarks(n int) { c.maxMarks = n }
