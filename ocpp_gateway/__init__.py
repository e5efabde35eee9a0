"""The station side: sockets, OCPP frames and their translation into events."""
