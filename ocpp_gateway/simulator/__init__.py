"""Stations to try the portal with, well- and ill-behaved; they know it by the wire alone."""
