"""Servers that send one payload to all clients of a group at every tick, each in its own way."""
