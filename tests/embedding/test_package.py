"""What the wheel says of itself: its licence, and those of the files that others made."""

from __future__ import annotations

import subprocess
import sys
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.processes import ROOT

VENDORED = ROOT / "dashboard" / "static" / "dashboard" / "vendor"


@pytest.fixture
def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


def test_a_package_index_would_take_it(wheel: Path) -> None:
    command = [sys.executable, "-m", "twine", "--no-color", "check", "--strict", str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_names_its_licences_and_carries_their_texts(metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT AND OFL-1.1"
    carried = metadata.get_all("License-File") or []
    vendored = [str(path.relative_to(ROOT)) for path in VENDORED.glob("*/LICENSE")]
    assert {"LICENSE", "THIRD-PARTY.md", *vendored} == set(carried)


def test_every_vendored_folder_has_its_licence_and_is_listed() -> None:
    listed = (ROOT / "THIRD-PARTY.md").read_text()
    for folder in filter(Path.is_dir, VENDORED.iterdir()):
        assert (folder / "LICENSE").is_file(), folder
        assert f"{folder.relative_to(ROOT)}/" in listed


def test_it_declares_what_its_code_imports(metadata: Message) -> None:
    required = {
        line.split("<")[0].split(">")[0] for line in metadata.get_all("Requires-Dist") or []
    }
    assert {"twisted", "zope-interface", "asgiref"} <= required
