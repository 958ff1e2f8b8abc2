"""Who tries passwords is slowed down."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from streams.limits import MemoryLimits
from streams.logins import MAX_LOGINS_PER_WINDOW

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]

FORM = {"username": "root", "password": "wrong"}


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    # The app's configuration caches its limits in its instance, under the property's name.
    monkeypatch.setitem(vars(apps.get_app_config("streams")), "limits", MemoryLimits())


def attempts(client: Client, path: str = "/admin/login/", **headers: str) -> list[int]:
    return [
        client.post(path, FORM, **headers).status_code  # type: ignore[arg-type]
        for _ in range(MAX_LOGINS_PER_WINDOW + 1)
    ]


def test_after_too_many_forms_an_address_is_answered_with_429(client: Client) -> None:
    statuses = attempts(client)
    assert statuses == [200] * MAX_LOGINS_PER_WINDOW + [429]
    response = client.post("/login/", FORM)
    assert response.status_code == 429, "one limit for all login forms"
    assert int(response["Retry-After"]) > 0
    assert client.get("/login/").status_code == 200
    assert client.post("/login/", FORM, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_a_forged_address_does_not_help(client: Client) -> None:
    statuses = [
        client.post("/login/", FORM, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}").status_code
        for n in range(MAX_LOGINS_PER_WINDOW + 1)
    ]
    assert statuses[-1] == 429


def test_behind_a_trusted_proxy_addresses_are_told_apart(
    client: Client, streams_settings: Any
) -> None:
    streams_settings.TRUSTED_PROXY_HOPS = 1
    assert attempts(client, HTTP_X_FORWARDED_FOR="1.1.1.1, 10.0.0.1")[-1] == 429
    assert attempts(client, HTTP_X_FORWARDED_FOR="1.1.1.1, 10.0.0.2")[0] == 200
