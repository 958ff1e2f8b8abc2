"""Where static files are: below the root that a request came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage

if TYPE_CHECKING:
    _Storage = StaticFilesStorage
else:
    _Storage = object


class BelowRoot(_Storage):
    """Its option `base_url` is relative (`static/`), and stays so until a request comes.

    Django looks once, at the first request or before, which root STATIC_URL is below.
    """

    _base_url: str

    @property
    def base_url(self) -> str:
        return f"{get_script_prefix().rstrip('/')}/{self._base_url}"


class PlainStorage(BelowRoot, StaticFilesStorage):
    """For local work: files as they are."""


class ModuleManifestStorage(BelowRoot, CompressedManifestStaticFilesStorage):
    """Under names that change with the content. Also rewrites what JavaScript modules import."""

    support_js_module_import_aggregation = True
