"""Where a request's path leads, below the root that the project is served at.

ASGI's `root_path` is part of `path`: a proxy in front must not take it away. Everything that looks
at a path asks here: validation, the endpoints, the health checks. Pages get it from Django, in the
same form.
"""

from __future__ import annotations

from typing import Any


def clean_root(root: str) -> str:
    """`fq`, `/fq/`, `//fq` → `/fq`; "": there is none."""
    return f"/{root.strip('/')}" if root.strip("/") else ""


def path_below(path: str, root: str) -> str | None:
    """`/fq/hours` below `/fq` → `/hours`. Slashes at its beginning count as one.

    None: it is outside of the root.
    """
    path = f"/{path.lstrip('/')}"
    root = clean_root(root)
    if not root:
        return path
    if path != root and not path.startswith(f"{root}/"):
        return None
    return f"/{path.removeprefix(root).lstrip('/')}"


def placed(scope: dict[str, Any], forced_root: str | None) -> dict[str, Any] | None:
    """The scope with root and path in that one form. None: the path is outside of the root.

    `forced_root` is Django's FORCE_SCRIPT_NAME, which goes before the server's. With it a path may
    come either way, as Django takes it.
    """
    root = clean_root(forced_root or scope.get("root_path", ""))
    local = path_below(scope["path"], root)
    if local is None and forced_root:
        local = path_below(scope["path"], "")
    if local is None:
        return None
    if (scope.get("root_path"), scope["path"]) == (root, root + local):
        return scope  # as nearly always: a copy would live as long as its socket
    return {**scope, "root_path": root, "path": root + local}


def local_path(scope: dict[str, Any]) -> str:
    """Of a scope that is `placed`."""
    path: str = scope["path"]
    return path.removeprefix(scope["root_path"])
