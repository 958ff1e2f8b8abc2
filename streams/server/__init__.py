"""Daphne made fit for streaming: real handshake answers, real close frames, a quick way out.

Knows ASGI, Daphne, autobahn and Twisted, and of this project only how what is sent is
counted and how requests are named in the log; Django's settings reach it only through its command,
`manage.py serve`.
"""
