"""Charge point programs made by others, told only what a station's firmware has to do."""
