"""Who receives what inside this process: channels, groups, the hand-over to each receiver."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from .throttle import Throttle

logger = logging.getLogger(__name__)

Message = dict[str, Any]
Deliver = Callable[[str, Message], None]


class Mailbox:
    """One channel: what waits for it, and the groups it is in."""

    __slots__ = (
        "_queue",
        "capacity",
        "deliver",
        "deliver_failed",
        "expiry",
        "groups",
        "held",
        "name",
        "newest_only",
        "receivers",
    )

    def __init__(self, name: str, capacity: int) -> None:
        self.name = name
        self.capacity = capacity
        self.groups: set[str] = set()
        self.deliver: Deliver | None = None
        self.deliver_failed = False
        self.newest_only = False
        self.held: dict[str, Message] | None = None
        self.receivers = 0
        self.expiry: asyncio.TimerHandle | None = None
        # Made on first use: an attached channel may never need one.
        self._queue: asyncio.Queue[Message] | None = None

    @property
    def queue(self) -> asyncio.Queue[Message]:
        if self._queue is None:
            self._queue = asyncio.Queue()
        return self._queue

    @property
    def in_use(self) -> bool:
        waiting = self._queue is not None and not self._queue.empty()
        return bool(waiting or self.groups or self.receivers or self.deliver)

    def keep(self) -> None:
        """Somebody receives again: the channel does not expire."""
        if self.expiry is not None:
            self.expiry.cancel()
            self.expiry = None

    def put(self, message: Message) -> bool:
        """Queue `message`; False if the oldest one had to go for it."""
        queue = self.queue
        full = queue.qsize() >= self.capacity
        if full:
            queue.get_nowait()
        queue.put_nowait(message)
        return not full


class Fanout:
    """The channels and groups of one event loop. Every call but `receive` is immediate.

    `on_opened(name)` and `on_closed(name)` are told when a group gets its first and loses
    its last member. `expiry` seconds after a cancelled receive that nobody took up again, the
    channel leaves its groups: its consumer has died without leaving them.
    """

    def __init__(
        self,
        get_capacity: Callable[[str], int],
        expiry: float,
        dropped: Throttle,
        on_opened: Callable[[str], None] = lambda group: None,
        on_closed: Callable[[str], None] = lambda group: None,
    ) -> None:
        self.mailboxes: dict[str, Mailbox] = {}
        self.groups: dict[str, dict[str, Mailbox]] = {}
        self._get_capacity = get_capacity
        self._expiry = expiry
        self._dropped = dropped
        self._on_opened = on_opened
        self._on_closed = on_closed
        self._holds = 0
        self._holding: list[Mailbox] = []

    def open(self, channel: str) -> Mailbox:
        """The channel's mailbox, made if there is none."""
        mailbox = self.mailboxes.get(channel)
        if mailbox is None:
            mailbox = self.mailboxes[channel] = Mailbox(channel, self._get_capacity(channel))
        return mailbox

    def join(self, group: str, channel: str) -> None:
        mailbox = self.open(channel)
        mailbox.groups.add(group)
        members = self.groups.get(group)
        if members is None:
            self.groups[group] = {channel: mailbox}
            self._on_opened(group)
        else:
            members[channel] = mailbox

    def leave(self, group: str, channel: str) -> None:
        members = self.groups.get(group)
        if members is None or channel not in members:
            return
        members.pop(channel).groups.discard(group)
        if not members:
            del self.groups[group]
            self._on_closed(group)

    def deliver(self, group: str, message: Message) -> bool:
        """Hand the same `message` object to every member; False if the group has none.

        Receivers must not change it.
        """
        members = self.groups.get(group)
        if members is None:
            return False
        # A copy: a deliver may make channels join or leave.
        for mailbox in tuple(members.values()):
            if mailbox.deliver is None:
                self.put(mailbox, message)
                continue
            if self._holds and mailbox.newest_only:
                self._keep_newest(mailbox, group, message)
                continue
            try:
                mailbox.deliver(group, message)
            except Exception:  # noqa: BLE001 - a receiver may raise anything
                self._say_failed(mailbox)
        return True

    def hold(self) -> None:
        """Until `release`, keep only each group's newest message for who wants no others."""
        self._holds += 1

    def release(self) -> None:
        """The end of a `hold`: hand over what was kept."""
        self._holds -= 1
        if self._holds:
            return
        holding, self._holding = self._holding, []
        for mailbox in holding:
            self._hand_over_held(mailbox)

    def _keep_newest(self, mailbox: Mailbox, group: str, message: Message) -> None:
        if mailbox.held is None:
            mailbox.held = {}
            self._holding.append(mailbox)
        mailbox.held[group] = message

    def _hand_over_held(self, mailbox: Mailbox) -> None:
        held, mailbox.held = mailbox.held or {}, None
        for group, message in held.items():
            if mailbox.deliver is None or group not in mailbox.groups:
                continue
            try:
                mailbox.deliver(group, message)
            except Exception:  # noqa: BLE001 - a receiver may raise anything
                self._say_failed(mailbox)

    def _say_failed(self, mailbox: Mailbox) -> None:
        if not mailbox.deliver_failed:
            mailbox.deliver_failed = True
            logger.exception("A receiver failed on %s; it keeps its place", mailbox.name)

    def put(self, mailbox: Mailbox, message: Message) -> None:
        if not mailbox.put(message):
            self._dropped.count(f"last on {mailbox.name}")

    def send(self, channel: str, message: Message) -> None:
        """Queue `message` for the channel if it is known here."""
        mailbox = self.mailboxes.get(channel)
        if mailbox is not None:
            self.put(mailbox, message)

    async def receive(self, channel: str) -> Message:
        mailbox = self.open(channel)
        mailbox.keep()
        mailbox.receivers += 1
        try:
            message = await mailbox.queue.get()
        except asyncio.CancelledError:
            mailbox.receivers -= 1
            self._abandon(mailbox)
            raise
        mailbox.receivers -= 1
        return message

    def attach(self, channel: str, deliver: Deliver, newest_only: bool = False) -> None:
        mailbox = self.open(channel)
        mailbox.keep()
        mailbox.deliver = deliver
        mailbox.newest_only = newest_only
        mailbox.deliver_failed = False

    def detach(self, channel: str) -> None:
        mailbox = self.mailboxes.get(channel)
        if mailbox is not None:
            mailbox.deliver = None
            self._abandon(mailbox)

    def forget(self, mailbox: Mailbox) -> None:
        """Drop the channel, what waits for it and its memberships."""
        for group in tuple(mailbox.groups):
            self.leave(group, mailbox.name)
        self.mailboxes.pop(mailbox.name, None)

    def clear(self) -> None:
        """Drop everything."""
        for mailbox in tuple(self.mailboxes.values()):
            mailbox.keep()
            self.forget(mailbox)

    def _abandon(self, mailbox: Mailbox) -> None:
        """Nobody receives any more. Channels has no call that ends a channel's life."""
        if mailbox.receivers or mailbox.deliver or mailbox.expiry:
            return
        if not mailbox.in_use:
            self.forget(mailbox)
            return
        loop = asyncio.get_running_loop()
        mailbox.expiry = loop.call_later(self._expiry, self.forget, mailbox)
