"""The live page's shell: what the server says before any script runs."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.staticfiles import finders
from django.test import Client

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


def test_it_names_the_provider_and_says_that_data_is_simulated(page: str) -> None:
    assert "“simulated”" in page
    assert "Simulated data" in page


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
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    for address in addresses:
        assert address.startswith("/static/dashboard/")
        assert finders.find(address.removeprefix("/static/"))


def test_scripts_import_files_that_exist() -> None:
    for path, script in SCRIPTS.items():
        for name in re.findall(r'from "([^"]+)"', script):
            assert (path.parent / name).is_file(), f"{path.name} imports {name}"


def test_scripts_insert_text_as_text() -> None:
    for path, script in SCRIPTS.items():
        assert not re.search(r"(inner|outer|Adjacent)HTML|document\.write|eval\(", script), (
            path.name
        )


def test_every_box_has_its_label_and_a_place_for_problems(page: str) -> None:
    boxes = re.findall(r'<input id="([^"]+)"[^>]*aria-describedby="([^"]+)"', page)
    assert len(boxes) == 2
    for box, problem in boxes:
        assert f'<label for="{box}">' in page
        assert f'id="{problem}" role="alert"' in page
