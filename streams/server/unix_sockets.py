"""Listening on a UNIX socket, also where a process that was killed has left its own.

The lock is one of the kernel's, which ends with its process. What Twisted has, a file with a
process id, outlives it, and in a container that id soon belongs to somebody else.
"""

import errno
import fcntl
import os
import socket
import stat
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet import defer
from twisted.internet.endpoints import UNIXServerEndpoint

CONNECT_SECONDS = 2.0


class LockedUnixEndpoint:
    """Takes over a socket file that nobody listens on, and no other."""

    def __init__(self, reactor: Any, endpoint: UNIXServerEndpoint) -> None:
        self._reactor = reactor
        self._endpoint = endpoint

    def listen(self, factory: Any) -> Any:
        return defer.execute(self._listen, factory)

    def _listen(self, factory: Any) -> Any:
        path = os.fsdecode(self._endpoint._address)
        lock = None if path.startswith("\0") else _take(Path(path))
        try:
            port = self._reactor.listenUNIX(
                self._endpoint._address,
                factory,
                backlog=self._endpoint._backlog,
                mode=self._endpoint._mode,
                wantPID=False,
            )
        except BaseException:
            _release(lock)
            raise
        port.connectionLost = partial(_stopped, port.connectionLost, lock)
        return port


def _take(path: Path) -> int:
    """The descriptor that holds the lock. Raises OSError."""
    _refuse_if_served(path)
    name = path.with_name(f"{path.name}.lock")
    if name.is_symlink():  # Twisted's, of a process that is gone
        name.unlink()
    lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _refuse_if_served(path)
        path.unlink(missing_ok=True)
    except BlockingIOError as error:
        _release(lock)
        raise OSError(errno.EADDRINUSE, "another process holds the lock", str(name)) from error
    except BaseException:
        _release(lock)
        raise
    return lock


def _refuse_if_served(path: Path) -> None:
    if not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise OSError(errno.EEXIST, "there is a file that is no socket", str(path))
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(CONNECT_SECONDS)
        try:
            asking.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return
        except (BlockingIOError, TimeoutError):
            pass  # somebody is there, and has more to do than to answer
    raise OSError(errno.EADDRINUSE, "address already in use")


def _stopped(connection_lost: Any, lock: int | None, reason: Any) -> None:
    connection_lost(reason)  # removes the socket's file, which is ours as long as the lock is
    _release(lock)


def _release(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)
