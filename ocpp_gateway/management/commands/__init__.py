"""Commands of the shell that the gateway brings."""
