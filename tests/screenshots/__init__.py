"""The guide's pictures, taken from a demo of their own (`make screenshots`)."""
