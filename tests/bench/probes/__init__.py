"""Measurements that need a process of their own; each prints one JSON object."""

CHARGERS_PER_STATION = 4  # of the network that the pages' probes make
