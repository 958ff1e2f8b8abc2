"""Daphne made fit for streaming: real handshake answers, real close frames, a quick way out.

Knows ASGI, Daphne, autobahn and Twisted, and nothing else of this project; Django's settings
reach it only through its command, `manage.py serve`.
"""
