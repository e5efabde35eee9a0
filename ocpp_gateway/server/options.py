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

    crowd_path: bytes = b"/ocpp/"
    """Under this path sockets may come and go by thousands: those wait their turn, pages do not."""

    close_s: float = 5
    """How long a peer may take to answer our close frame; stations on mobile networks are slow."""

    head_s: float = 30
    """How long the head of an HTTP request may take to come."""

    body_window_s: float = 60
    body_window_bytes: int = 8 * 1024
    """How much of a request's body must come in each such time: who drips is cut off. A station
    with the worst mobile connection sends some 20 kB in a minute."""

    stalled_response_s: float = 60
    """How long an HTTP client may leave a response unread."""

    abandoned_s: float = 10
    """How long the application may go on for a client that has left."""

    grace_s: float = 5
    """How long the application may take to finish what is open when the server stops."""
