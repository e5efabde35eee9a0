"""People's accounts: what they chose, where they are signed in, what keeps others out."""
