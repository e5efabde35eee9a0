"""How Celery's worker reaches Redis: as kombu does, but it outlives the loss of Redis.

A worker that loses Redis while a task runs hands the task back, or acknowledges it, over the
connection that it has taken apart. In kombu 5.7 that is an AttributeError ("'NoneType' object has
no attribute 'hostname'"), and the worker ends. Said as what it is, a lost connection, the worker
expects it and connects again.
"""

from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as RedisConnectionError


class Channel(redis.Channel):
    """Knows when there is no connection left to speak on."""

    def _connparams(self, *args: Any, **kwargs: Any) -> Any:
        """Where to connect, for whoever wants to say something."""
        transport: Any = self.connection
        if transport is None or transport.client is None:
            raise RedisConnectionError("This connection was taken apart.")
        return super()._connparams(*args, **kwargs)  # type: ignore[misc]  # untyped


class Transport(redis.Transport):
    """Redis as broker; the settings name it."""

    Channel = Channel
