"""Dead peers: what the kernel is told, so that it notices them."""

import socket

from streams.server.peers import QUIET_SECONDS, UNACKNOWLEDGED_SECONDS, watch_peers


def test_every_accepted_connection_ends_when_nothing_is_acknowledged() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        watch_peers(listening)
        with socket.create_connection(listening.getsockname(), 5):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                tcp = socket.IPPROTO_TCP
                assert accepted.getsockopt(tcp, socket.TCP_KEEPIDLE) == QUIET_SECONDS
                patience = accepted.getsockopt(tcp, socket.TCP_USER_TIMEOUT)
                assert patience == 1000 * UNACKNOWLEDGED_SECONDS
    assert QUIET_SECONDS + UNACKNOWLEDGED_SECONDS < 60


def test_sockets_without_peers_to_watch_are_left_alone() -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        watch_peers(listening)
