"""The wheel, built and installed with its dependencies beside nothing else of this project."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, Process
from tests.redis_server import RedisServer

PROJECT = Path(__file__).parent / "project"
INSTALL_SECONDS = 300


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # With the pinned build backend of this environment; what it builds is the same.
    uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "-o", folder, ROOT)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that has the wheel, with the versions tested here."""
    folder = tmp_path_factory.mktemp("environment")
    uv("venv", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    pins = ROOT / "requirements.txt"
    uv("pip", "install", "--python", python, "-c", pins, f"financequery[celery] @ {wheel.as_uri()}")
    return python


@pytest.fixture
def team(python: Path, tmp_path: Path) -> Callable[..., Process]:
    """Starts a process of the team's project; TEST_FOLDER is where it keeps its database."""

    def start(*args: str, **environment: str) -> Process:
        environment["TEST_FOLDER"] = str(tmp_path)
        return Process(*args, program=python, folder=PROJECT, **environment)

    return start


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.kill()


def uv(*arguments: str | Path) -> None:
    beside = Path(sys.executable).parent / "uv"
    command = str(beside) if beside.exists() else shutil.which("uv")
    assert command, "uv is needed: `make test` installs it"
    arguments = ("--quiet", "--system-certs", *arguments)
    done = subprocess.run(
        [command, *arguments],
        timeout=INSTALL_SECONDS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"uv {arguments}: {done.stdout}{done.stderr}"
