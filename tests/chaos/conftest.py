"""Scenes: building one takes seconds, so faults share it as long as it is whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.scene import Scene


class Stage:
    """Keeps one scene, and replaces one that a test left in ruins."""

    def __init__(self) -> None:
        self._scene: Scene | None = None

    def get_whole_scene(self) -> Scene:
        if self._scene and not self._scene.is_whole():
            self.clear()
        if self._scene is None:
            self._scene = Scene()
            self._scene.cluster.start_all()
            self._scene.let_in()
            assert self._scene.is_whole()
        return self._scene

    def clear(self) -> None:
        if self._scene:
            self._scene.__exit__()
        self._scene = None


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.clear()


@pytest.fixture
def scene(stage: Stage) -> Scene:
    """A cluster with everything running and the whole population listening."""
    return stage.get_whole_scene()
