"""Forms that belong to no single command."""
