"""Failover: telling a Redis that is not, or no longer, the one to write to from one that refuses.

After a failover the name of a server leads elsewhere, but a connection that is open stays where it
is, on what is now a replica. So every connection is tried with a write when it is opened, and is
dropped as soon as an answer says that this server takes no writes.
"""

from __future__ import annotations

import re
from typing import Any, Final

from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    ReadOnlyError,
    ResponseError,
)

# Changes nothing, is refused by a replica, and is a write also for a Redis without memory.
WRITE: Final = ("DEL", "streams:is-writable")

_CLASSES: Final = (BusyLoadingError, ClusterDownError, MasterDownError, ReadOnlyError)
# Within a script's error, and where redis-py has no class.
_CODES: Final = re.compile(r"\b(READONLY|UNBLOCKED|MASTERDOWN|LOADING|CLUSTERDOWN)\b")


def is_failover(error: BaseException) -> bool:
    """Whether another server, found by connecting again, may do what this one does not."""
    if isinstance(error, _CLASSES):
        return True
    return isinstance(error, ResponseError) and bool(_CODES.search(str(error)))


def require_writable(connection: Any) -> None:
    """redis-py's `redis_connect_func`. Raises what a server says that takes no writes."""
    connection.on_connect()
    connection.send_command(*WRITE)
    try:
        connection.read_response()
    except ResponseError as error:
        _raise_failover(error)


async def require_writable_async(connection: Any) -> None:
    """The same for redis.asyncio."""
    await connection.on_connect()
    await connection.send_command(*WRITE)
    try:
        await connection.read_response()
    except ResponseError as error:
        _raise_failover(error)


def _raise_failover(error: ResponseError) -> None:
    """Other refusals, such as that of an access list, are for who really has something to write."""
    if is_failover(error):
        raise error
