"""What every page allows the browser to do, and who sees the page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.filterwarnings("ignore:No directory at:UserWarning")


@pytest.mark.parametrize("path", ["/login/", "/admin/login/"])
@pytest.mark.django_db
def test_pages_allow_only_what_this_host_serves(client: Client, path: str) -> None:
    policy = client.get(path)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "connect-src 'self' ws://testserver wss://testserver;" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_host_that_is_not_ours_gets_into_no_policy(client: Client, settings: Settings) -> None:
    settings.DEBUG = False
    response = client.get("/login/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "evil" not in str(response.headers)


@pytest.mark.django_db
def test_with_security_the_page_is_for_users(client: Client, streams_settings: Any) -> None:
    streams_settings.USE_SECURITY = True
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/login/?next=/")


def test_without_security_the_page_asks_the_database_nothing(client: Client) -> None:
    """Database access is forbidden in tests that are not marked."""
    page = client.get("/")
    assert page.status_code == 200
    assert b"Log out" not in page.content
