"""PostgreSQL for a process that says the same few statements all the time."""
