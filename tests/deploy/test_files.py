"""What each platform reads: it starts what the Procfile starts, with settings that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.conf import SETTINGS
from streams.platforms import get_platform
from tests.processes import ROOT

PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
# Read by Django's part of the settings, or by the server's command line.
OTHER_VARIABLES = {"SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "PORT"}


@pytest.fixture
def heroku() -> Any:
    return json.loads((ROOT / "app.json").read_text())


@pytest.fixture
def render() -> Any:
    return yaml.safe_load((ROOT / "render.yaml").read_text())


@pytest.fixture
def fly() -> Any:
    return tomllib.loads((ROOT / "fly.toml").read_text())


def test_heroku_forms_the_procfiles_processes(heroku: Any) -> None:
    assert set(heroku["formation"]) == set(PROCFILE) - {"release"}
    for name, variable in heroku["env"].items():
        assert_is_right(name, variable.get("value", "text"))
    assert_proxies_are_believed("Heroku", heroku["env"]["TRUSTED_PROXY_HOPS"]["value"])


def test_render_runs_the_procfiles_commands(render: Any) -> None:
    services = [service for service in render["services"] if "startCommand" in service]
    web, worker, beat = services
    assert web["startCommand"] == PROCFILE["web"]
    assert web["preDeployCommand"] == PROCFILE["release"]
    assert worker["startCommand"] == PROCFILE["worker"]
    assert beat["startCommand"] == PROCFILE["beat"]
    [group] = render["envVarGroups"]
    for service in services:
        keys = {entry.get("key") or entry["fromGroup"] for entry in service["envVars"]}
        assert keys == {group["name"], "REDIS_URL", "DATABASE_URL"}
    variables = {entry["key"]: entry.get("value", "text") for entry in group["envVars"]}
    for name, value in variables.items():
        assert_is_right(name, value)
    assert_proxies_are_believed("Render", variables["TRUSTED_PROXY_HOPS"])
    assert web["maxShutdownDelaySeconds"] >= SETTINGS["DRAIN_SECONDS"].default + 4
    named = {service["name"] for service in render["services"]}
    named |= {database["name"] for database in render["databases"]}
    references = re.findall(r"name: (finance-query-\w+)", (ROOT / "render.yaml").read_text())
    assert set(references) <= named


def test_fly_runs_the_procfiles_commands_and_waits_for_the_drain(fly: Any) -> None:
    port = fly["env"]["PORT"]
    assert fly["processes"] == {
        "web": PROCFILE["web"].replace("$PORT", port),
        "worker": PROCFILE["worker"],
        "beat": PROCFILE["beat"],
    }
    assert fly["http_service"]["internal_port"] == int(port)
    assert fly["deploy"]["release_command"] == PROCFILE["release"]
    for name, value in fly["env"].items():
        assert_is_right(name, value)
    assert_proxies_are_believed("Fly.io", fly["env"]["TRUSTED_PROXY_HOPS"])
    assert fly["kill_signal"] == "SIGTERM"
    assert fly["kill_timeout"] == float(fly["env"]["KILL_SECONDS"])
    assert fly["kill_timeout"] >= SETTINGS["DRAIN_SECONDS"].default + 4


def test_whether_data_is_made_up_and_who_may_connect_is_said_by_each_file(
    heroku: Any, render: Any, fly: Any
) -> None:
    named = {entry["key"] for entry in render["envVarGroups"][0]["envVars"]}
    image = set(re.findall(r"^ENV (\w+)=|^    (\w+)=", (ROOT / "Dockerfile").read_text(), re.M))
    for name in ("MARKETDATA_PROVIDER", "USE_SECURITY"):
        assert name in heroku["env"]
        assert name in named
        assert name in fly["env"]
        assert name in {one or other for one, other in image}
        assert f"    {name}=" in (ROOT / "docs" / "deployment.md").read_text()  # a plain server's


def test_the_image_has_all_that_runs_and_none_of_the_rest() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    files = {"manage.py", "requirements.txt", "LICENSE", "THIRD-PARTY.md"}
    assert kept == (packages - {"tests", "tools", "benchmarks", "conformance"}) | files


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_units_run_the_procfiles_commands(unit: Path) -> None:
    text = unit.read_text()
    [command] = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    wanted = PROCFILE[unit.stem.rpartition("-")[2]]
    wanted = wanted.replace("0.0.0.0", "127.0.0.1").replace("$PORT", "8000")
    assert command == f"/opt/financequery/.venv/bin/{wanted}"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace(
            "/opt/financequery/.venv/bin", str(Path(sys.executable).parent)
        )
        (tmp_path / unit.name).write_text(text)
    units = [str(tmp_path / unit.name) for unit in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    about_ours = [line for line in done.stderr.splitlines() if "financequery" in line]
    assert about_ours == []


def assert_is_right(name: str, value: str) -> None:
    assert isinstance(value, str)  # platforms know no other type
    if name in OTHER_VARIABLES:
        return
    setting = SETTINGS[name]
    read: dict[type, Callable[[str], object]] = {bool: _read_bool, int: int, float: float, str: str}
    assert setting.problem(read[type(setting.default)](value)) == ""


def _read_bool(text: str) -> bool:
    assert text in ("True", "False", "1", "0")
    return text in ("True", "1")


def assert_proxies_are_believed(platform: str, hops: str) -> None:
    found = get_platform(platform)
    assert found
    assert int(hops) >= found.proxy_hops


def test_nginx_lets_go_of_an_idle_connection_before_the_server_does() -> None:
    configuration = (ROOT / "deploy" / "nginx" / "financequery.conf").read_text()
    [seconds] = re.findall(r"^    keepalive_timeout (\d+)s;", configuration, re.MULTILINE)
    # Heroku's router and Caddy, which nobody sets here, keep theirs for 90 s and 120 s.
    assert max(int(seconds), 90, 120) < SETTINGS["KEEP_ALIVE_SECONDS"].default
