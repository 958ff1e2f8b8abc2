"""The channel layer: local fan-out in the process, Redis pub/sub as the bus between processes.

layer       StreamsChannelLayer, the Channels interface; one LoopLayer per event loop
loop_layer  what one event loop holds: a fan-out and, with Redis, a bus
fanout      channels, groups and the hand-over to each receiver; no I/O
bus         names to Redis servers, messages to bytes and back
publisher   the way out to one Redis server
subscriber  the way in from one Redis server, with its reconnecting
commands    everything else that a process asks of Redis, on the same connection
health      what is known about one Redis server; logs each change once
"""

from .commands import Operation, RedisUnavailable
from .fanout import Deliver, Message
from .layer import StreamsChannelLayer
from .throttle import Throttle

__all__ = ["Deliver", "Message", "Operation", "RedisUnavailable", "StreamsChannelLayer", "Throttle"]
