"""Several server processes on one port: started, restarted when they die, drained together.

They inherit one listening socket. With SO_REUSEPORT each would have its own, and whoever waits
in the queue of a process that ends would be lost.
"""

import asyncio
import logging
import socket
import sys
import time

from streams.server.signals import EndingSignals

logger = logging.getLogger(__name__)

BACKLOG = 2048
STABLE_SECONDS = 10.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
LATE_SECONDS = 4.0
# Said to a worker's standard input. A signal would be one more of those that change nothing.
HURRY = b"hurry\n"


def worker_command(listening: socket.socket) -> list[str]:
    """This process's own command line, for a worker."""
    return [sys.executable, *sys.argv, "--worker", "--fd", str(listening.fileno())]


class Workers:
    """Keeps `count` processes of `command` alive, which inherit the socket, until a signal."""

    def __init__(
        self, command: list[str], count: int, listening: socket.socket, drain_seconds: float
    ) -> None:
        self._command = command
        self._count = count
        self._listening = listening
        self._drain_seconds = drain_seconds
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._is_ending = asyncio.Event()

    async def run(self) -> None:
        """Until all have ended after a signal, which is passed on."""
        EndingSignals(asyncio.get_running_loop(), self._end, self._hurry)
        await asyncio.gather(*(self._keep_alive(number) for number in range(self._count)))

    def _end(self) -> None:
        self._is_ending.set()
        self._listening.close()  # or new clients would wait for an answer until the very end
        for process in self._living():
            process.terminate()
        asyncio.get_running_loop().call_later(self._drain_seconds + LATE_SECONDS, self._kill)

    def _hurry(self) -> None:
        for process in self._living():
            if process.stdin is not None:
                process.stdin.write(HURRY)
        asyncio.get_running_loop().call_later(LATE_SECONDS, self._kill)

    def _kill(self) -> None:
        for process in self._living():
            process.kill()

    def _living(self) -> list[asyncio.subprocess.Process]:
        return [process for process in self._processes.values() if process.returncode is None]

    async def _keep_alive(self, number: int) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._is_ending.is_set():
            began_at = time.monotonic()
            code = await self._run_worker(number)
            if self._is_ending.is_set():
                return
            has_lasted = time.monotonic() - began_at > STABLE_SECONDS
            pause = FIRST_PAUSE_SECONDS if has_lasted else min(2 * pause, LONGEST_PAUSE_SECONDS)
            logger.error("Worker %d ended with code %d; restarted in %g s", number, code, pause)
            await self._wait(pause)

    async def _run_worker(self, number: int) -> int:
        """Its exit code. It ends when its standard input does, also after our sudden death."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            pass_fds=[self._listening.fileno()],
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C comes from here, once
        )
        self._processes[number] = process
        if self._is_ending.is_set():
            process.terminate()
        return await process.wait()

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._is_ending.wait(), seconds)
        except TimeoutError:
            return
