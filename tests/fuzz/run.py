"""One target under atheris, in a process of its own: `python -m tests.fuzz.run TARGET …`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["streams", "marketdata"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
