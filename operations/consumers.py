"""Pushes to browsers."""

from channels.generic.websocket import AsyncJsonWebsocketConsumer


class BrowserConsumer(AsyncJsonWebsocketConsumer):
    """To be written by its owner."""
