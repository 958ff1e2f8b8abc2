"""What staff with this or that right may do with keys in the admin, and on which page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import include, path

from streams.admin import ApiKeyAdmin
from streams.keys import generate_key
from streams.live_admin import _name_keys
from streams.models import ApiKey
from streams.monitoring.overview import KeyRow

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]

KEYS = "/admin/streams/apikey/"
LIVE = "/admin/streams/livestreams/"
LOG = "/admin/admin/logentry/"
FIELDS = {
    "name": "Changed",
    "endpoints": ["hours"],
    "max_connections": 5,
    "connections_per_day": 50,
    "max_symbols": 10,
}


class OthersAdmin(ApiKeyAdmin):
    """Of a site whose staff may change some keys only."""

    def has_change_permission(self, request: Any, obj: ApiKey | None = None) -> bool:
        is_others = obj is not None and obj.name == "others"
        return not is_others and super().has_change_permission(request, obj)


other_site = AdminSite(name="other")
other_site.register(ApiKey, OthersAdmin)
urlpatterns = [
    path("other/", other_site.urls),
    path("", include("financequery.urls")),
]


@pytest.fixture(autouse=True)
def _security(streams_settings: Any) -> None:
    streams_settings.USE_SECURITY = True


@pytest.fixture
def record() -> ApiKey:
    return make_record("Mobile app")


def make_record(name: str) -> ApiKey:
    record = ApiKey(name=name)
    record.take(generate_key())
    record.save()
    return record


def staff(client: Client, *rights: str) -> Client:
    user = User.objects.create_user("member of staff", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    return client


def act(client: Client, action: str, *records: ApiKey, url: str = KEYS, **fields: Any) -> str:
    data = {"action": action, "_selected_action": [r.pk for r in records], **fields}
    return client.post(url, data, follow=True).content.decode()


# --- Every action and view: what each right opens -----------------------------------------

RIGHTS = {
    "nothing": (),
    "view": ("view_apikey",),
    "add": ("view_apikey", "add_apikey"),
    "change": ("view_apikey", "change_apikey"),
    "add and change": ("view_apikey", "add_apikey", "change_apikey"),
    "delete": ("view_apikey", "delete_apikey"),
}
MAY = {
    "list": {"view", "add", "change", "add and change", "delete"},
    "history": {"view", "add", "change", "add and change", "delete"},
    "new": {"add", "add and change"},
    "add": {"add", "add and change"},
    "save": {"change", "add and change"},
    "revoke": {"change", "add and change"},
    "disconnect_now": {"change", "add and change"},
    "rotate": {"add and change"},
    "delete": {"delete"},
    "delete_selected": {"delete"},
}


def attempt(client: Client, what: str, record: ApiKey) -> bool:
    """Whether it was done."""
    match what:
        case "list" | "new":
            path = {"list": KEYS, "new": f"{KEYS}new/"}[what]
            return client.get(path).status_code == 200
        case "history":
            return client.get(f"{KEYS}{record.pk}/history/").status_code == 200
        case "add":
            client.post(f"{KEYS}add/", FIELDS)
        case "save":
            client.post(f"{KEYS}{record.pk}/change/", FIELDS)
            return ApiKey.objects.get().name == "Changed"
        case "delete":
            client.post(f"{KEYS}{record.pk}/delete/", {"post": "yes"})
        case "delete_selected":
            act(client, what, record, post="yes")
        case _:
            act(client, what, record, confirmed="yes", hours=1)
    return LogEntry.objects.exists()


@pytest.mark.parametrize("what", MAY)
@pytest.mark.parametrize("right", RIGHTS)
def test_each_action_and_view_needs_its_right(
    client: Client, record: ApiKey, right: str, what: str
) -> None:
    done = attempt(staff(client, *RIGHTS[right]), what, record)
    assert done == (right in MAY[what])
    if not done:
        assert ApiKey.objects.get() == record
        assert ApiKey.objects.get().revoked_at is None


@pytest.mark.parametrize("right", RIGHTS)
def test_an_action_is_offered_to_those_who_may(client: Client, record: ApiKey, right: str) -> None:
    page = staff(client, *RIGHTS[right]).get(KEYS).content.decode()
    offered = set(re.findall(r'<option value="(\w+)">', page))
    actions = ("revoke", "rotate", "disconnect_now", "delete_selected")
    assert offered == {name for name in actions if right in MAY[name]}


# --- Keys that somebody may not change, and other sites -----------------------------------


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("action", ["revoke", "rotate", "disconnect_now"])
def test_actions_on_many_leave_those_alone_that_one_may_not_change(
    client: Client, record: ApiKey, action: str
) -> None:
    others = make_record("others")
    page = act(
        staff(client, *RIGHTS["add and change"]),
        action,
        record,
        others,
        url="/other/streams/apikey/",
        confirmed="yes",
        hours=1,
    )
    assert f"Left alone: {others}: you may not change it." in page
    assert 'href="/admin/' not in page, "it stays on its site"
    assert LogEntry.objects.filter(object_id=str(record.pk)).exists()
    assert not LogEntry.objects.filter(object_id=str(others.pk)).exists()


@pytest.mark.urls(__name__)
def test_every_page_of_keys_stays_on_its_own_site(admin_client: Client, record: ApiKey) -> None:
    url = "/other/streams/apikey/"
    pages = [
        admin_client.get(url),
        admin_client.post(f"{url}add/", FIELDS, follow=True),
        admin_client.get(f"{url}{record.pk}/change/"),
        admin_client.post(url, {"action": "rotate", "_selected_action": [record.pk]}),
    ]
    for page in pages:
        assert page.status_code == 200
        assert 'href="/admin/' not in page.content.decode()
    assert "Copy the key now" in pages[1].content.decode()


def test_nobody_searches_for_digests(admin_client: Client, record: ApiKey) -> None:
    for lookup in (
        "digest__startswith",
        "digest",
        "form_digest__gte",
        "owner__password__startswith",
    ):
        assert admin_client.get(KEYS, {lookup: record.digest[:1]}).status_code == 400


# --- Live streams, and the log ------------------------------------------------------------


def test_live_streams_is_one_page(admin_client: Client) -> None:
    for path_ in ("add/", "1/", "1/change/", "1/delete/", "1/history/"):
        assert admin_client.get(f"{LIVE}{path_}", follow=True).status_code == 404


def test_live_streams_needs_its_own_right(client: Client) -> None:
    assert staff(client, *RIGHTS["add and change"]).get(LIVE).status_code == 403


def test_the_log_is_there_to_be_looked_at(
    client: Client, admin_client: Client, record: ApiKey
) -> None:
    act(admin_client, "revoke", record, confirmed="yes")
    page = admin_client.get(LOG, {"q": "Revoked"}).content.decode()
    assert record.prefix in page
    entry = LogEntry.objects.get()
    for path_ in ("add/", f"{entry.pk}/delete/"):
        assert admin_client.get(f"{LOG}{path_}").status_code == 403
    admin_client.post(f"{LOG}{entry.pk}/change/", {"change_message": "nothing"})
    act(admin_client, "delete_selected", record, url=LOG, post="yes")
    assert LogEntry.objects.get().change_message == entry.change_message
    assert staff(client, *RIGHTS["add and change"]).get(LOG).status_code == 403


def test_live_streams_names_keys_to_those_who_may_see_them(record: ApiKey) -> None:
    rows = [KeyRow(record.bucket, 1, [("host:1", 1)]), KeyRow("user.7", 1, [("host:1", 1)])]
    assert [(named, text) for _, named, text in _name_keys(rows, with_records=False)] == [
        (None, record.bucket),
        (None, "user 7 (session)"),
    ]
    assert [named for _, named, _ in _name_keys(rows, with_records=True)] == [record, None]


# --- Other people's pages -----------------------------------------------------------------


@pytest.mark.parametrize("path_", [KEYS, f"{KEYS}add/", "/login/", "/logout/", "/admin/login/"])
def test_no_other_site_sends_forms_here(path_: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        User.objects.create_superuser("root"), "django.contrib.auth.backends.ModelBackend"
    )
    assert client.post(path_, {"action": "revoke"}).status_code == 403
    assert client.get("/logout/").status_code == 405


def test_a_login_leads_to_no_other_site(client: Client) -> None:
    User.objects.create_superuser("root", password="right")
    form = {"username": "root", "password": "right"}
    for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        response = client.post(f"/login/?next={elsewhere}", {**form, "next": elsewhere})
        assert (response.status_code, response["Location"]) == (302, "/")


def test_a_name_is_text_wherever_it_is_shown(admin_client: Client) -> None:
    fields = {**FIELDS, "name": "<script>alert(1)</script>", "note": "<img src=x>"}
    shown = admin_client.post(f"{KEYS}add/", fields, follow=True)
    record = ApiKey.objects.get()
    pages = [
        shown,
        admin_client.get(KEYS),
        admin_client.get(f"{KEYS}{record.pk}/change/"),
        admin_client.get(f"{KEYS}{record.pk}/history/"),
        admin_client.post(KEYS, {"action": "rotate", "_selected_action": [record.pk]}),
        admin_client.get(LOG),
    ]
    for page in pages:
        assert "<script>alert" not in page.content.decode()
        assert "<img src=x" not in page.content.decode()
