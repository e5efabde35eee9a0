"""What can be set about the server, with the values that suit charging stations."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """Times in seconds, sizes in bytes."""

    proxy_headers: bool = False
    """Believe X-Forwarded-For and X-Forwarded-Proto: only when every request comes from a proxy."""

    ping_interval_s: float = 30
    ping_timeout_s: float = 20
    max_message_bytes: int = 1024 * 1024

    handshake_s: float = 120
    """How long the application may take to accept or refuse a socket: stations that all come back
    at once are admitted in turn."""

    close_s: float = 5
    """How long a peer may take to answer our close frame; stations on mobile networks are slow."""

    stalled_response_s: float = 60
    """How long an HTTP client may leave a response unread."""

    abandoned_s: float = 10
    """How long the application may go on for a client that has left."""

    grace_s: float = 5
    """How long the application may take to finish what is open when the server stops."""
