"""Settings of the server processes that these tests start."""

import os

from tests.settings import *  # noqa: F403

ASGI_APPLICATION = "tests.streams.server.app.application"
ROOT_URLCONF = "tests.streams.server.urls"

if "WRONG_SETTING" in os.environ:
    LANGUAGE_CODE = "no such language"
