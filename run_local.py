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
    start(__file__, ["run", *sys.argv[1:]])


def start(script: str, words: List[str]) -> None:
    """Run `tfx-pipeline` with these words, in this Python or in that of `.venv`, and end."""
    missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(hand_over(os.path.abspath(script), missing))
    os.environ.pop(HANDED_OVER, None)
    from tfx_pipeline import cli

    cli.program(words)


def hand_over(script: str, missing: List[str]) -> int:
    """Become `.venv/bin/python SCRIPT …`; return a status if that is not possible."""
    why = "there is no .venv"
    if HANDED_OVER in os.environ:
        why = ".venv is unfinished"
    elif os.path.isfile(VENV_PYTHON):
        os.environ[HANDED_OVER] = "1"
        sys.stdout.flush()
        try:
            os.execv(VENV_PYTHON, [VENV_PYTHON, script, *sys.argv[1:]])
        except OSError as error:
            why = f".venv/bin/python does not run ({error.strerror})"
    version = ".".join(map(str, sys.version_info[:3]))
    print(
        f"{os.path.basename(script)}: Python {version} ({sys.executable})"
        f" lacks {', '.join(missing)}, and {why}.\n"
        "  next   make setup, then the same command again",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    main()
