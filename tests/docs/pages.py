"""The programs in our pages, so that tests can run them as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.processes import ROOT


def python_of(page: str) -> list[str]:
    """The Python blocks of a page of docs/, in their order."""
    text = Path(ROOT / "docs" / page).read_text()
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
