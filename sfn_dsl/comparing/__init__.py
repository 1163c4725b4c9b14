"""Which parts of two state machines are the same, and in what those differ."""
