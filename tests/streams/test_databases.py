"""A database that cannot be used is named, with what helps and without its password."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.processes import Process

POSTGRES = "postgres://streams:s3cret@127.0.0.1:1/prices"


@pytest.mark.parametrize(
    "command",
    [["create_api_key", "Mobile"], ["api_keys", "list"], ["serve", "--migrate", "--port", "0"]],
)
def test_a_server_that_does_not_answer_is_named(command: list[str]) -> None:
    line = refusal(*command, DATABASE_URL=POSTGRES)
    assert "The database prices at 127.0.0.1:1 cannot be used: connection failed" in line
    assert "s3cret" not in line


@pytest.mark.parametrize("command", [["migrate"], ["serve", "--migrate", "--port", "0"]])
def test_a_file_that_cannot_be_made_is_named(command: list[str], tmp_path: Path) -> None:
    path = tmp_path / "missing" / "db.sqlite3"
    line = refusal(*command, DATABASE_URL=f"sqlite:///{path}")
    assert f"The database {path} cannot be used: unable to open database file. " in line
    assert line.endswith("The file and its folder must be writable.")


def test_tables_that_are_missing_are_told_with_the_command_that_makes_them(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    sqlite3.connect(path).close()
    line = refusal("create_api_key", "Mobile", DATABASE_URL=f"sqlite:///{path}")
    assert "no such table" in line
    assert line.endswith("Bring it up to date with `manage.py migrate`.")


def refusal(*command: str, **environment: str) -> str:
    """The one line with which the command ends in failure."""
    with Process("manage.py", *command, **environment) as process:
        assert process.popen.wait(60) != 0
    [line] = process.output.strip().splitlines()
    return line
