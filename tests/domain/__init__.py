"""The domain's services and commands, without sockets and pages."""
