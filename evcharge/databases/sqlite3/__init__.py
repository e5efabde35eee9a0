"""SQLite for a process whose threads write a lot."""
