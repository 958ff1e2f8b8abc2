"""Chromium for the tests of the web page: where it is, and on Debian how it gets there.

`make test` runs this first: root on Debian gets the package, everybody else a hint.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "No Chromium, so the web page is not tested in a browser. Put one on PATH or name one in "
    "CHROMIUM; on Debian: apt-get install chromium"
)
APT_SECONDS = 600


def find_chromium() -> str | None:
    """The program named in CHROMIUM, or the first on PATH; None without any."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def main() -> int:
    if find_chromium() is None and not (_can_install() and _install()):
        print(MISSING, file=sys.stderr)
    # Whether that is an error is for the tests to say.
    return 0


def _can_install() -> bool:
    try:
        distribution = platform.freedesktop_os_release().get("ID")
    except OSError:
        return False
    return distribution == "debian" and os.geteuid() == 0


def _install() -> bool:
    """Once: afterwards it is found. Silent, unless it fails."""
    return all(
        _apt_get(*arguments)
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", "chromium"])
    )


def _apt_get(*arguments: str) -> bool:
    try:
        done = subprocess.run(
            ["apt-get", "-qq", *arguments],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=APT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"apt-get {arguments[0]}: {error}", file=sys.stderr)
        return False
    if done.returncode != 0:
        print(done.stdout[-2000:], file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
