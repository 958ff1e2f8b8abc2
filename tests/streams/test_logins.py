"""Who tries passwords is slowed down, on whatever page; who shares an address with them is not."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import aauthenticate, authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client
from django.urls import include, path

from streams.apps import get_streams
from streams.limits import MemoryLimits

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]

LIMIT, OF_ADDRESS = 3, 8
FORM = {"username": "root", "password": "wrong"}


def enter(request: HttpRequest) -> HttpResponse:
    """A login of a project's own."""
    form = AuthenticationForm(request, request.POST)
    return JsonResponse({"ok": form.is_valid()})


async def enter_async(request: HttpRequest) -> HttpResponse:
    user = await aauthenticate(request, username=request.POST["username"], password="wrong")
    return JsonResponse({"ok": user is not None})


urlpatterns = [
    path("members/", LoginView.as_view(template_name="dashboard/login.html")),
    path("api/enter/", enter),
    path("api/enter-async/", enter_async),
    path("", include("financequery.urls")),
]


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch, streams_settings: Any) -> None:
    # A cached property: its value is kept in the instance, under its name.
    monkeypatch.setitem(vars(get_streams().sharing), "limits", MemoryLimits())
    streams_settings.MAX_LOGIN_FAILURES = LIMIT
    streams_settings.MAX_LOGIN_FAILURES_PER_ADDRESS = OF_ADDRESS
    User.objects.create_superuser("root", password="right")
    User.objects.create_superuser("ann", password="right")


def attempts(client: Client, path: str = "/admin/login/", **headers: str) -> list[int]:
    return [
        client.post(path, FORM, **headers).status_code  # type: ignore[arg-type]
        for _ in range(LIMIT + 1)
    ]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    "path", ["/login/", "/admin/login/", "/members/", "/api/enter/", "/api/enter-async/"]
)
def test_after_too_many_failures_every_login_is_answered_with_429(
    client: Client, path: str
) -> None:
    assert attempts(client, path) == [200] * LIMIT + [429]
    for other in ("/login/", "/admin/login/", "/members/", "/api/enter/", "/api/enter-async/"):
        response = client.post(other, {**FORM, "password": "right"})
        assert response.status_code == 429, "also with the right password"
        assert 0 < int(response["Retry-After"]) <= 300
        assert "no-store" in response["Cache-Control"]
    assert client.get("/login/").status_code == 200
    assert client.post("/login/", FORM, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_others_at_the_same_address_still_log_in(client: Client) -> None:
    attempts(client)
    right = {"username": "ann", "password": "right"}
    assert client.post("/admin/login/", right).status_code == 302


def test_only_failures_count(client: Client) -> None:
    for _ in range(OF_ADDRESS + 2):
        right = {"username": "ann", "password": "right"}
        assert client.post("/admin/login/", right).status_code == 302
        client.logout()


def test_one_password_is_not_tried_with_all_names(client: Client) -> None:
    statuses = [
        client.post("/login/", {**FORM, "username": f"user {n}"}).status_code
        for n in range(OF_ADDRESS + 1)
    ]
    assert statuses == [200] * OF_ADDRESS + [429]


@pytest.mark.parametrize("name", ["ROOT", " root", "r\uff4f\uff4ft", "root\u00a0"])
def test_a_name_in_other_letters_is_the_same_name(client: Client, name: str) -> None:
    attempts(client)
    assert client.post("/login/", {**FORM, "username": name}).status_code == 429


def test_a_browser_gets_a_page_and_a_program_a_sentence(client: Client) -> None:
    attempts(client)
    page = client.post("/login/?next=/docs/", FORM, headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Try again in 5 minutes." in page.content.decode()
    assert 'href="/login/?next=/docs/"' in page.content.decode()
    text = client.post("/login/", FORM, headers={"Accept": "application/json"})
    assert text.headers["Content-Type"] == "text/plain"
    assert text.content.startswith(b"Too many failed attempts to log in. Try again in ")


def test_the_window_is_a_setting(client: Client, streams_settings: Any) -> None:
    streams_settings.LOGIN_WINDOW_SECONDS = 60.0
    attempts(client)
    assert int(client.post("/login/", FORM)["Retry-After"]) <= 60


def test_a_forged_address_does_not_help(client: Client) -> None:
    statuses = [
        client.post("/login/", FORM, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}").status_code
        for n in range(LIMIT + 1)
    ]
    assert statuses[-1] == 429


def test_behind_a_trusted_proxy_addresses_are_told_apart(
    client: Client, streams_settings: Any
) -> None:
    streams_settings.TRUSTED_PROXY_HOPS = 1
    assert attempts(client, HTTP_X_FORWARDED_FOR="1.1.1.1, 10.0.0.1")[-1] == 429
    assert attempts(client, HTTP_X_FORWARDED_FOR="1.1.1.1, 10.0.0.2")[0] == 200


def test_the_log_says_it_once_and_names_nobody(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        attempts(client)
    [line] = [r.getMessage() for r in caplog.records if r.name == "streams.logins"]
    assert line == "Too many failed logins from 127.0.0.1"


def test_whoever_is_not_there_over_the_network_is_not_slowed_down() -> None:
    for _ in range(OF_ADDRESS + 2):
        assert authenticate(username="root", password="wrong") is None
    assert authenticate(username="root", password="right") is not None
