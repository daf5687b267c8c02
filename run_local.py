"""Run a pipeline on this machine: `python run_local.py [--config configs/taxi.yaml] …`.

Any Python will do: where it lacks what the package needs, the one of `.venv` takes over.
"""

import importlib.util
import os
import sys
from typing import List

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV_PYTHON = os.path.join(ROOT, ".venv", "bin", "python")
NEEDS = ("pydantic", "rich", "tfx", "yaml", "farmhash")  # the last that make setup installs
HANDED_OVER = "TFX_PIPELINE_HANDED_OVER"  # set for the Python of .venv, which must not hand over


def main() -> None:
    """Run `tfx-pipeline run` with the arguments of this process, and end with its exit status."""
    missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(hand_over(missing))
    os.environ.pop(HANDED_OVER, None)
    from tfx_pipeline import cli

    cli.program(["run", *sys.argv[1:]])


def hand_over(missing: List[str]) -> int:
    """Become `.venv/bin/python run_local.py …`; return a status if that is not possible."""
    why = "there is no .venv"
    if HANDED_OVER in os.environ:
        why = ".venv is unfinished"
    elif os.path.isfile(VENV_PYTHON):
        os.environ[HANDED_OVER] = "1"
        sys.stdout.flush()
        try:
            os.execv(VENV_PYTHON, [VENV_PYTHON, os.path.abspath(__file__), *sys.argv[1:]])
        except OSError as error:
            why = f".venv/bin/python does not run ({error.strerror})"
    version = ".".join(map(str, sys.version_info[:3]))
    print(
        f"run_local.py: Python {version} ({sys.executable}) lacks {', '.join(missing)},"
        f" and {why}.\n  next   make setup, then the same command again",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    main()
