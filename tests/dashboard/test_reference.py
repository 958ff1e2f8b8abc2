"""The documentation for programs and for people, as the server hands it out."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

from dashboard.reference import EXAMPLES
from streams.meanings import CLOSES, ERRORS, REFUSALS
from tests.asyncapi_schema import problems_of

pytestmark = pytest.mark.filterwarnings("ignore:No directory at:UserWarning")


@pytest.fixture
def page(client: Client) -> str:
    """Database access is forbidden in tests that are not marked: it needs none."""
    response = client.get("/docs/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_document_is_json_that_other_pages_may_read(client: Client) -> None:
    response = client.get("/asyncapi.json")
    assert response["Content-Type"] == "application/json"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert problems_of(json.loads(response.content)) == []


def test_the_document_follows_the_request(client: Client) -> None:
    server = client.get("/asyncapi.json", secure=True).json()["servers"]["this"]
    assert (server["host"], server["protocol"]) == ("testserver", "wss")


@pytest.mark.parametrize("path", ["/asyncapi.json", "/docs/"])
def test_a_host_that_is_not_ours_gets_into_nothing(
    client: Client, settings: Settings, path: str
) -> None:
    settings.DEBUG = False
    response = client.get(path, headers={"host": "evil.example"})
    assert response.status_code == 400
    assert b"evil" not in response.content


@pytest.mark.parametrize("path", ["/asyncapi.json", "/docs/"])
def test_both_are_there_for_everybody_and_only_to_read(
    client: Client, streams_settings: Any, path: str
) -> None:
    streams_settings.USE_SECURITY = True
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 405


def test_the_page_has_every_endpoint_code_and_example(page: str) -> None:
    for path in ("/profile/{symbol}", "/quotes", "/market", "/hours"):
        assert f"<dt><code>{path}</code></dt>" in page
    codes = [*ERRORS, *(r.code for r in REFUSALS), *(close.code for close in CLOSES)]
    for code in codes:
        assert f"<code>{code}</code>" in page
    for name in EXAMPLES:
        assert f'data-example="{name}"' in page


def test_the_page_has_every_field_of_a_quote(page: str) -> None:
    article = re.search(r'id="shape-Quote">(.*?)</article>', page, re.DOTALL)
    assert article
    assert len(re.findall(r'<th scope="row">', article[1])) == 48


def test_every_link_of_the_page_leads_somewhere(page: str, client: Client) -> None:
    links = set(re.findall(r'href="([^"]+)"', page))
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert {link[1:] for link in links if link.startswith("#")} <= anchors
    for link in links:
        if link.startswith("/static/"):
            assert finders.find(link.removeprefix("/static/"))
        elif not link.startswith("#"):
            assert client.get(link).status_code == 200


def test_each_anchor_is_there_once(page: str) -> None:
    anchors = re.findall(r'id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))


def test_the_page_has_nothing_inline_and_its_policy_allows_nothing_inline(
    page: str, client: Client
) -> None:
    assert "<script" not in page
    assert "<style" not in page
    assert not re.search(r"<[^>]*\s(style|on\w+)\s*=", page)
    assert "unsafe" not in client.get("/docs/")["Content-Security-Policy"]


def test_examples_name_this_server_and_a_key_only_where_it_needs_one(
    client: Client, streams_settings: Any
) -> None:
    page = client.get("/docs/", secure=True).content.decode()
    assert "wss://testserver/quotes" in page
    assert "x-api-key: KEY" not in page
    streams_settings.USE_SECURITY = True
    page = client.get("/docs/").content.decode()
    for part in ("x-api-key: KEY", "key.KEY", "STREAM_API_KEY=KEY", "in the place of"):
        assert part in page
