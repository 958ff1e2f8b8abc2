"""The admin page that shows new keys, once; behind a redirect, so that reloading does no harm."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from streams.key_forms import COOKIE, KeyForm, remember, secret_in_cookie

TEMPLATE = "admin/streams/apikey/keys.html"
URL_NAME = "streams_apikey_new"


def to_new_keys(model_admin: Any, request: HttpRequest, secret: str) -> HttpResponse:
    """The answer to a form that has made keys."""
    path = _path_of(model_admin)
    response = HttpResponseRedirect(path)
    remember(response, secret, path)
    return response


def to_new_keys_again(model_admin: Any, request: HttpRequest, secret: str) -> HttpResponse:
    """The answer to a form that had made its keys before: sent twice, or out of the history."""
    text = "This form was sent before and made no other key. Open a new form to make another."
    model_admin.message_user(request, text, messages.WARNING)
    return to_new_keys(model_admin, request, secret)


def show_new_keys(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The keys of the form that was sent a moment ago, if they have not been shown."""
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    request.current_app = model_admin.admin_site.name
    secret = secret_in_cookie(request)
    # What a browser fetches ahead of a click nobody has seen.
    is_looked_at = request.method == "GET" and "Sec-Purpose" not in request.headers
    taken = KeyForm(secret, request.user).take_keys() if secret and is_looked_at else ()
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _title(len(taken)),
        "opts": model_admin.opts,
        "keys": [(record, key.text) for record, key in taken],
    }
    response = TemplateResponse(request, TEMPLATE, context)
    add_never_cache_headers(response)
    if is_looked_at:
        response.delete_cookie(COOKIE, path=_path_of(model_admin), samesite="Strict")
    return response


def _title(number: int) -> str:
    if not number:
        return "New keys are shown once"
    return "Copy the key now" if number == 1 else "Copy the keys now"


def _path_of(model_admin: Any) -> str:
    return reverse(f"admin:{URL_NAME}", current_app=model_admin.admin_site.name)
