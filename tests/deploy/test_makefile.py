"""The Makefile sets itself up wherever the checkout lies."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.processes import ROOT


def test_a_folder_with_blanks_and_quotes_in_its_name_is_fine(tmp_path: Path) -> None:
    folder = tmp_path / "my team's copy (1)"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    done = subprocess.run(
        ["make", f"PYTHON={sys.executable}", ".venv/bin/uv"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / ".venv" / "bin" / "uv").exists()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
