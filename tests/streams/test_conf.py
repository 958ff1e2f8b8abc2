"""Settings: their defaults, what is wrong with a value, and who reads them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings

from streams.conf import SETTINGS, settings
from streams.schedule import beat_schedule
from tests.processes import ROOT

# Django's own, and those of Channels.
DJANGO_SETTINGS = {*dir(global_settings), "ASGI_APPLICATION", "CHANNEL_LAYERS", "STREAMS"}


def test_a_project_that_sets_nothing_has_every_default(settings: Any) -> None:
    del settings.STREAMS
    from streams.conf import settings as ours

    for name, setting in SETTINGS.items():
        assert getattr(ours, name) == setting.default
        assert setting.problem(setting.default) == ""


def test_what_a_project_sets_is_read(streams_settings: Any) -> None:
    streams_settings.REFRESH_SECONDS = 2
    assert settings.REFRESH_SECONDS == 2


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("REFRESH_SECONDS", "5", "must be a number"),
        ("REFRESH_SECONDS", float("nan"), "must be between 0.2 and 3600"),
        ("REFRESH_SECONDS", True, "must be a number"),
        ("MAX_CONNECTIONS", 1.5, "must be a whole number"),
        ("USE_SECURITY", "True", "must be True or False"),
        ("MARKETDATA_PROVIDER", "bloomberg", "must be one of simulated, yahoo"),
        ("REDIS_URL", "localhost:6379", "must be like redis://host:port/0"),
        ("REDIS_URL", "redis://h?protocol=3", "has the option protocol"),
        ("ALLOWED_ORIGINS", "https://example.com", "must be a list of texts"),
        (
            "ALLOWED_ORIGINS",
            ["https://a.example", "b.example"],
            "has 'b.example', which is no origin",
        ),
        ("ALLOWED_ORIGINS", ["https://*.example.com"], "has 'https://*.example.com'"),
        ("ALLOWED_ORIGINS", ["https://example.com/app"], "has 'https://example.com/app'"),
        ("ALLOWED_ORIGINS", ["https://example.com:0"], "has 'https://example.com:0'"),
        ("ALLOWED_ORIGINS", ["https://münchen.example"], "has 'https://münchen.example'"),
    ],
)
def test_a_wrong_value_is_told_what_it_must_be(name: str, value: object, problem: str) -> None:
    assert SETTINGS[name].problem(value).startswith(problem)


def test_beat_sends_a_refresh_for_each_shard_every_tick() -> None:
    schedule = beat_schedule({"REFRESH_SECONDS": 2, "REFRESH_SHARDS": 3})
    assert sorted(entry["args"] for entry in schedule.values()) == [(0,), (1,), (2,)]
    assert {entry["schedule"] for entry in schedule.values()} == {2}
    assert [entry["schedule"] for entry in beat_schedule({}).values()] == [5.0]


def test_clocks_may_differ_by_minutes() -> None:
    """An expiry is by beat's clock, and looked at by the worker's."""
    for seconds in (0.2, 5, 3600):
        [entry] = beat_schedule({"REFRESH_SECONDS": seconds}).values()
        assert entry["options"]["expires"] >= max(600, 2 * seconds)


@pytest.mark.parametrize("package", ["streams", "dashboard"])
def test_what_a_project_need_not_set_is_read_from_conf_only(package: str) -> None:
    """Read from django.conf it would be missing in a project that does not set it."""
    files = [path for path in (ROOT / package).rglob("*.py") if path.name != "conf.py"]
    read = {(path.name, name) for path in files for name in _names_read_from_django(path)}
    assert {(file, name) for file, name in read if name not in DJANGO_SETTINGS} == set()


def _names_read_from_django(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    local_names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.conf"
        for alias in node.names
    }
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in local_names
    }


def test_the_readme_has_a_row_for_each_setting() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in SETTINGS if f"| `{name}` |" not in readme] == []
