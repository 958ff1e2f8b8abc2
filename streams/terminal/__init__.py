"""A client of the streams for the terminal: what `manage.py stream` runs.

It knows the protocol and neither Django's settings nor its database, and talks to any server.
"""
