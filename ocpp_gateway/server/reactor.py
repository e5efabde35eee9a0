"""Chooses the event loop: Twisted's asyncio reactor, on uvloop where there is one."""

import asyncio
import resource
import sys
from importlib import import_module
from importlib.util import find_spec


def install_reactor() -> None:
    """Install the reactor, unless something has installed one (daphne as a Django app does)."""
    if "twisted.internet.reactor" in sys.modules:
        return
    from twisted.internet import asyncioreactor

    asyncioreactor.install(new_event_loop())


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make a loop of uvloop (a fifth more messages per second), else the one Python brings."""
    if find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = import_module("uvloop").new_event_loop()
    return loop


def raise_file_limit() -> None:
    """Allow as many sockets as the system lets us: the usual soft limit is 1,024 files."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
