"""The official certification cases for a central system, by id."""
