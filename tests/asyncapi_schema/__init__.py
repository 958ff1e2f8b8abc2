"""The JSON Schema that AsyncAPI publishes for its version 3.0.0, from @asyncapi/specs 6.11.1.

Licence: Apache 2.0, in LICENSE and NOTICE beside it. It is used in tests only.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator


@lru_cache(maxsize=1)
def _validator() -> Draft7Validator:
    path = Path(__file__).with_name("3.0.0.json")
    return Draft7Validator(json.loads(path.read_text(encoding="utf-8")))


def problems_of(document: Any) -> list[str]:
    """What makes it no AsyncAPI 3.0.0 document; empty for one that is."""
    return [
        f"{error.json_path}: {error.message[:200]}" for error in _validator().iter_errors(document)
    ]
