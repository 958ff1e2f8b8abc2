"""How the process ends when threads still hang in calls that nobody can interrupt."""

import atexit
import os
import sys
import threading


def exit_now_if_threads_linger(code: int) -> None:
    """Returns when nothing keeps Python from ending by itself.

    Otherwise ends the process here: at its own exit Python would wait for every worker of
    every ThreadPoolExecutor, also for one that hangs in a network call.
    """
    if not any(_holds_exit(thread) for thread in threading.enumerate()):
        return
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _holds_exit(thread: threading.Thread) -> bool:
    return thread is not threading.main_thread() and not thread.daemon
