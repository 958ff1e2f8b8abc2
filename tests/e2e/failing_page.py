"""Settings whose only page fails while it holds secrets."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.settings import *  # noqa: F403

ROOT_URLCONF = "tests.e2e.failing_page"
DEBUG = False


def fail(request: HttpRequest) -> HttpResponse:
    """With a secret in a variable, as a real one might have."""
    body = "-".join(("a", "body"))  # lines of code do go along
    raise RuntimeError(f"asked to {'fail' if body else 'do nothing'}")


urlpatterns = [path("fail/", fail)]
