"""Which path is meant, below the root that the project is served at."""

from __future__ import annotations

import pytest

from streams.paths import clean_root, local_path, path_below, placed


@pytest.mark.parametrize("root", ["fq", "/fq", "/fq/", "//fq//"])
def test_a_root_may_be_written_in_several_ways(root: str) -> None:
    assert clean_root(root) == "/fq"


@pytest.mark.parametrize(
    ("path", "root", "local"),
    [
        ("/hours", "", "/hours"),
        ("//hours", "", "/hours"),
        ("/", "/", "/"),
        ("/fq/hours", "/fq", "/hours"),
        ("/fq//hours/", "/fq/", "/hours/"),
        ("//fq/hours", "/fq", "/hours"),
        ("/fq", "/fq", "/"),
        ("/fqx/hours", "/fq", None),
        ("/hours", "/fq", None),
        ("/FQ/hours", "/fq", None),
        ("", "/fq", None),
    ],
)
def test_a_path_is_read_below_the_root(path: str, root: str, local: str | None) -> None:
    assert path_below(path, root) == local
    inside = placed({"path": path, "root_path": root}, None)
    assert (inside and local_path(inside)) == local


@pytest.mark.parametrize("path", ["/hours", "/fq/hours", "//fq//hours"])
def test_a_forced_script_name_takes_paths_either_way(path: str) -> None:
    inside = placed({"path": path, "root_path": "/other"}, "/fq/")
    assert inside == {"path": "/fq/hours", "root_path": "/fq"}
