"""`python -m tests.fuzz [--seconds 60] [TARGET …]`: coverage-guided fuzzing, a process a target.

What breaks a promise is left in `fuzz-findings/`; put it into tests/fuzz/corpus with a telling name
once it is mended. Needs atheris.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = Path(__file__).parent / "corpus"
FINDINGS = ROOT / "fuzz-findings"
MAX_BYTES = 16_384
# To start, to load the corpus, and to end.
PATIENCE_SECONDS = 60
DONE = re.compile(r"Done (\d+) runs in (\d+) second")
COVERAGE = re.compile(r"cov: (\d+)")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="for each target; default: 60")
    arguments = parser.parse_args()
    targets = arguments.targets or sorted(path.name for path in CORPUS.iterdir())
    failed = [target for target in targets if not fuzz(target, arguments.seconds)]
    if failed:
        print(f"Broken: {', '.join(failed)}. The inputs are in {FINDINGS.name}/.")
    return 1 if failed else 0


def fuzz(target: str, seconds: int) -> bool:
    """Whether nothing was found."""
    FINDINGS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as found:
        command = [
            *(sys.executable, "-m", "tests.fuzz.run", target, found, str(CORPUS / target)),
            f"-max_total_time={seconds}",
            f"-max_len={MAX_BYTES}",
            f"-artifact_prefix={FINDINGS}/{target}-",
            "-timeout=10",
            "-rss_limit_mb=1024",
        ]
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds + PATIENCE_SECONDS,
            check=False,
        )
    runs, coverage = DONE.search(done.stdout), COVERAGE.findall(done.stdout)
    if done.returncode or not runs:
        print(f"{target}: broken\n{done.stdout[-4000:]}")
        return False
    print(f"{target}: {runs[1]} inputs in {runs[2]} s, {coverage[-1]} edges covered", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
