"""docs/embedding.md, followed word by word in a project that `startproject` has just made."""

from __future__ import annotations

import re
import shutil
import subprocess
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.docs.pages import python_of
from tests.embedding.conftest import PROJECT
from tests.embedding.test_embedding import address_of, done, receives_quotes
from tests.processes import Process

# The team has a login of its own, whose name is what everybody calls it.
URLS = """
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpResponse
from django.urls import include, path, reverse

def index(request):
    return HttpResponse(" ".join(reverse(name) for name in ("login", "logout", "docs")))

urlpatterns = [
    path("", index),
    path("admin/", admin.site.urls),
    path("members/login/", LoginView.as_view(template_name="admin/login.html"), name="login"),
    path("members/logout/", LogoutView.as_view(), name="logout"),
    path("handbook/", index, name="docs"),
    path("ws/market/", include("dashboard.urls")),
]
"""


@pytest.fixture
def project(python: Path, tmp_path: Path) -> Path:
    command = [str(python), "-m", "django", "startproject", "team", str(tmp_path)]
    subprocess.run(command, check=True, timeout=60)
    settings, _, asgi, *_ = python_of("embedding.md")
    with (tmp_path / "team" / "settings.py").open("a") as file:
        file.write("INSTALLED_APPS += ['channels', 'dashboard']\n")
        file.write(settings)
        file.write("STREAMS = {'USE_SECURITY': True, 'ADMIN_API_KEY': 'the-key'}\n")
        file.write("LOGIN_URL = 'login'\n")
    (tmp_path / "team" / "asgi.py").write_text(asgi)
    (tmp_path / "team" / "urls.py").write_text(URLS)
    shutil.copy(PROJECT / "team" / "consumers.py", tmp_path / "team")
    return tmp_path


def get(url: str) -> tuple[int, str, str]:
    """Status, address after redirects, and body."""
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return response.status, response.url, response.read().decode()
    except HTTPError as error:
        with error:
            return error.code, url, ""


async def test_a_new_project_that_follows_the_page_has_all_of_it(
    python: Path, project: Path
) -> None:
    await done(Process("manage.py", "migrate", program=python, folder=project))
    with Process("manage.py", "serve", "--port", "0", program=python, folder=project) as server:
        address = await address_of(server)
        site = f"http://{address}"
        assert get(f"{site}/")[2] == "/members/login/ /members/logout/ /handbook/"
        assert get(f"{site}/ws/market/")[1] == f"{site}/members/login/?next=/ws/market/"
        for page in ("admin/login/", "ws/market/docs/", "ws/market/login/"):
            status, _, body = get(f"{site}/{page}")
            files = re.findall(r'(?:src|href)="(/static/[^"]+\.(?:js|css))"', body)
            assert status == 200
            assert files, page
            assert get(site + files[0])[0] == 200, "with DEBUG static files are served"
        assert get(f"{site}/static/nothing.js")[0] == 404
        assert get(f"{site}/healthz")[0] == 200
        assert f"ws://{address}/ws/market/quotes" in get(f"{site}/ws/market/docs/")[2]
        key = {"x-api-key": "the-key"}
        async with connect(f"ws://{address}/ws/market/quotes", additional_headers=key) as socket:
            await receives_quotes(socket, times=1)
        for path in ("nothing", "ws/market/nothing", "ws/"):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://{address}/{path}", additional_headers=key)
            assert refused.value.response.status_code == 404
    assert "Traceback" not in server.output
