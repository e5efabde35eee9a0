"""The demo: a portal with a network made up for it, and simulated stations that live in it."""
