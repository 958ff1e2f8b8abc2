"""What a way out counts: messages and bytes that were written, and what a newer one replaced."""

from __future__ import annotations

from streams.counts import Sent
from streams.server.deadlines import Deadlines
from streams.server.frames import PreparedFrames, text_frame
from streams.server.outbox import Outbox
from streams.server.wire import Loopback


def make_outbox() -> tuple[Outbox, Loopback, Sent, list[bytes]]:
    received: list[bytes] = []
    wire, sent = Loopback(received.append), Sent()
    outbox = Outbox(wire, Deadlines(-1, lambda outbox: None), lambda: None, sent)
    outbox.open(PreparedFrames())
    return outbox, wire, sent, received


def test_messages_and_their_bytes_as_written_are_counted() -> None:
    outbox, _, sent, received = make_outbox()
    outbox.offer("a" * 200)
    outbox.offer("é")
    outbox.write(text_frame("of the application"))
    assert sent.messages == len(received) == 3
    assert sent.bytes == sum(map(len, received))
    assert sent.replaced == 0


def test_of_what_waits_for_a_slow_client_only_the_newest_is_ever_sent() -> None:
    outbox, wire, sent, received = make_outbox()
    wire._filled()
    for letter in "abc":
        outbox.offer(letter)
    assert (sent.messages, sent.replaced) == (0, 2)
    wire._drained()
    assert received == [text_frame("c")]
    assert (sent.messages, sent.replaced) == (1, 2)


def test_what_is_offered_after_the_end_counts_nowhere() -> None:
    outbox, _, sent, received = make_outbox()
    outbox.close()
    outbox.offer("late")
    assert (sent.messages, sent.replaced, received) == (0, 0, [])
