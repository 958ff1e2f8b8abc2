"""picows: WebSockets in C, the frame of a tick sent to one client after the other."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from benchmarks.servers.options import make_payload, parse_options, tick_forever

members: dict[str, set[WSTransport]] = defaultdict(set)


class Listener(WSListener):
    def __init__(self, group: str) -> None:
        super().__init__()
        self.group = group

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        members[self.group].add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        members[self.group].discard(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            transport.send(WSMsgType.TEXT, make_payload(self.group, options.size).encode())
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()


def make_listener(request: WSUpgradeRequest) -> Listener:
    return Listener(request.path.decode())


async def tick() -> None:
    for group, transports in members.items():
        payload = make_payload(group, options.size).encode()
        for transport in tuple(transports):
            transport.send(WSMsgType.TEXT, payload)


async def main() -> None:
    await ws_create_server(make_listener, "127.0.0.1", options.port, backlog=4096)
    await tick_forever(options.interval, tick)


options = parse_options()
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
asyncio.run(main())
