"""The tests on every supported Python and Django: what `make matrix` runs.

It uses the interpreters that are on PATH or were installed by pyenv, and says of each other one
that it was not found. One alone: `make matrix WITH='-k "3.13 and 6.1"'`; what stands
after `--` goes to pytest.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

# What the project, which is not in the package, and its tests need besides.
PROJECT = ["environs", "dj-database-url", "whitenoise", "psycopg[binary,pool]"]

# Django 6 needs Python 3.12.
COMBINATIONS = [
    ("3.11", "5.2"),
    ("3.12", "5.2"),
    ("3.12", "6.1"),
    ("3.13", "5.2"),
    ("3.13", "6.1"),
]

nox.options.default_venv_backend = "uv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"


def put_pyenvs_interpreters_on_path() -> None:
    """Before what pyenv puts there itself, which fails for versions that are not chosen."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = [str(folder) for folder in sorted(root.glob("versions/3.*/bin"))]
    # uv comes with the environment that runs this.
    own = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([own, *folders, os.environ["PATH"]])


put_pyenvs_interpreters_on_path()


@nox.session
@nox.parametrize(("python", "django"), COMBINATIONS)
def tests(session: nox.Session, django: str) -> None:
    """All tests, warnings being errors."""
    session.install("--system-certs", "-r", "requirements-dev.txt")
    session.install("--system-certs", f"django~={django}.0")
    session.run(
        "python",
        "-c",
        "import django, sys; print('Python', sys.version.split()[0], 'Django', django.__version__)",
    )
    session.run(
        "python", "-m", "pytest", "-W", "error", "-n", "3", "--dist", "loadfile", *session.posargs
    )


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """The apps with the oldest versions that the package says it works with."""
    session.install("--system-certs", "--resolution", "lowest-direct", ".[celery]")
    lines = Path("requirements-dev.txt").read_text().splitlines()
    tools = [line.partition("  #")[0] for line in lines if line and line[0] not in "-#"]
    session.install("--system-certs", *PROJECT, *tools)
    # These warn of what has changed since.
    quiet = ["-o", "filterwarnings=default"]
    command = ["python", "-m", "pytest", *quiet, "-n", "3", "--dist", "loadfile"]
    session.run(*command, *(session.posargs or ["tests/streams", "tests/marketdata"]))
