"""The live page's shell: what the server says before any script runs."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

import dashboard

# Static files are collected for `make run`, not for tests.
pytestmark = pytest.mark.filterwarnings("ignore:No directory at:UserWarning")

SCRIPTS = {
    path: path.read_text(encoding="utf-8") for path in Path(dashboard.__file__).parent.rglob("*.js")
}


@pytest.fixture
def page(client: Client, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page as served with the provider given by the test's parameter."""
    provider = getattr(request, "param", SimpleNamespace(name="simulated", is_simulated=True))
    refresher = SimpleNamespace(provider=provider)
    # The app's configuration caches its refresher in its instance, under the property's name.
    monkeypatch.setitem(vars(apps.get_app_config("streams")), "refresher", refresher)
    response = client.get("/")
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_that_data_is_simulated(page: str) -> None:
    assert "Simulated data" in page
    assert "made-up prices" in page


@pytest.mark.parametrize("page", [SimpleNamespace(name="yahoo", is_simulated=False)], indirect=True)
def test_it_does_not_call_real_data_simulated(page: str) -> None:
    assert "“yahoo”" in page
    assert "simulated" not in page.lower()


def test_it_has_no_inline_script_or_style(page: str) -> None:
    assert all(" src=" in tag for tag in re.findall(r"<script\b[^>]*>", page))
    assert "<style" not in page
    assert not re.search(r"<[^>]*\s(style|on\w+)\s*=", page)
    assert "javascript:" not in page


def test_it_loads_nothing_from_elsewhere_and_everything_exists(page: str) -> None:
    addresses = re.findall(r'(?:src|href)="([^"#]+)"', page)
    files = {address for address in addresses if not address.startswith(("/login/", "/docs/"))}
    assert all(address.startswith("/static/dashboard/") for address in files)
    assert all(finders.find(address.removeprefix("/static/")) for address in files)
    scripts = {f"/static/dashboard/{path.name}" for path in SCRIPTS if "vendor" not in path.parts}
    assert scripts <= files


def test_scripts_import_files_that_exist() -> None:
    for path, script in SCRIPTS.items():
        for name in re.findall(r'from "([^"]+)"', script):
            assert (path.parent / name).is_file(), f"{path.name} imports {name}"


def test_scripts_insert_text_as_text() -> None:
    own = {path: script for path, script in SCRIPTS.items() if "vendor" not in path.parts}
    for path, script in own.items():
        assert not re.search(r"(inner|outer|Adjacent)HTML|document\.write|eval\(", script), (
            path.name
        )


def test_the_files_can_be_served_under_names_that_change_with_their_content(
    tmp_path: Path, settings: Settings
) -> None:
    """A reference that cannot be followed fails here, and not in a deployment."""
    settings.STATIC_ROOT = tmp_path
    settings.INSTALLED_APPS = ["dashboard", "django.contrib.staticfiles"]
    settings.STORAGES = {
        "staticfiles": {"BACKEND": "dashboard.storage.ModuleManifestStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    [app] = tmp_path.glob("dashboard/app.????????????.js")
    assert re.search(r'from "./watchlist\.[0-9a-f]{12}\.js"', app.read_text())
    [style] = tmp_path.glob("dashboard/css/tokens.????????????.css")
    assert re.search(r"inter-latin-wght-normal\.[0-9a-f]{12}\.woff2", style.read_text())


@pytest.mark.parametrize("name", ["uplot", "inter"])
def test_what_others_made_comes_with_its_licence(name: str) -> None:
    assert "Copyright" in Path(str(finders.find(f"dashboard/vendor/{name}/LICENSE"))).read_text()
