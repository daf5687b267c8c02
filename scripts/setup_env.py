"""Make `.venv` for this machine: choose the stack, find a Python, install the stack's lock file.

Run by `make setup`. Nothing is done when nothing changed; what was interrupted starts afresh.

Terms:
    stack: a release of TFX and where it installs (tfx_pipeline/versions.py).

Syntax of Python 3.6: an old Python must get as far as the message.
"""

import argparse
import runpy
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import installer
import pythons
from environment import Environment, State, alone
from installer import SetupError, say
from pythons import Python, Version

ROOT = Path(__file__).resolve().parent.parent
VERSIONS: Any = runpy.run_path(str(ROOT / "tfx_pipeline" / "versions.py"))
dotted = VERSIONS["dotted"]


def main(arguments: Optional[List[str]] = None) -> int:
    """Set up as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default="", help="interpreter to use instead of searching")
    options = parser.parse_args(arguments)
    try:
        set_up(ROOT, VERSIONS["this_platform"](), options.python)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
    except OSError as error:
        print(f"setup: {error.filename or ROOT}: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nsetup: interrupted. Next: make setup, which starts it afresh", file=sys.stderr)
        return 130
    else:
        return 0
    return 2


def set_up(root: Path, where: Any, python_option: str = "") -> None:
    """Bring `root/.venv` up to date.

    Args:
        root: the checkout.
        where: the machine, a `Platform` of tfx_pipeline/versions.py.
        python_option: path or name of an interpreter; empty to search for one.

    Raises:
        SetupError: it cannot be done; says why and what to do.
    """
    if not VERSIONS["fitting"](where):
        raise SetupError(VERSIONS["refusal"](where))
    with alone(root):
        environment = Environment(root, str(where))
        chosen = shutil.which(python_option) or python_option
        old = environment.state()
        fault = environment.fault(old, chosen)
        if old and not fault and old.digest == environment.digest(old.stack):
            say(f".venv is up to date ({old.stack} stack, Python {old.python})")
            return
        started = time.monotonic()
        python, uv = choose(environment, where, chosen)
        stack = next(each for each in VERSIONS["STACKS"] if python.version[:2] in each.pythons)
        new = State(
            stack=stack.name,
            python=dotted(python.version),
            interpreter=python.path,
            place=environment.place,
            digest=environment.digest(stack.name),
        )
        say(f"making .venv: {fault or 'the lock file or the packaging changed'}")
        say(f"{stack.name} stack (TFX {stack.tfx}), Python {new.python}: {python.path}")
        keep = old is not None and not fault and old.interpreter == new.interpreter
        environment.make(uv, new, keep)
        say(f".venv is ready, after {time.monotonic() - started:.0f} s")


def choose(environment: Environment, where: Any, chosen: str) -> Tuple[Python, str]:
    """Return the Python and the uv to use.

    Args:
        environment: what they are for.
        where: the machine.
        chosen: path of the Python that the user wants; empty to search, and to let uv download
            one where none is found.
    """
    stacks = VERSIONS["fitting"](where)
    wanted = [version for stack in stacks for version in stack.pythons]
    tools, avoid = environment.root / ".venv-tools", str(environment.folder)
    if chosen:
        python, reason = pythons.check(chosen, wanted, where.machine)
        if not python:
            raise SetupError(
                f"PYTHON={chosen} {reason}; {where} takes {names(wanted)}.\n"
                "  next        make setup, which searches for one, or another PYTHON=…"
            )
        return python, installer.find_or_bring(tools, python.path)
    python, refused = pythons.find(wanted, where.machine, avoid)
    uv = installer.find_or_bring(tools, python.path if python else sys.executable)
    if not python and installer.download_python(uv, dotted(wanted[0])):
        python, refused = pythons.find(wanted, where.machine, avoid)
    if not python:
        raise SetupError(no_python(where, refused))
    return python, uv


def no_python(where: Any, refused: Dict[str, str]) -> str:
    """Say what was looked for, where, what was met, and how to get a Python."""
    stacks = VERSIONS["fitting"](where)
    best = dotted(stacks[0].pythons[0])
    lines = [
        f"no Python that fits {where} was found.",
        *(f"  looked for  {names(s.pythons)} ({s.name} stack, TFX {s.tfx})" for s in stacks),
        f"  looked in   {pythons.PLACES_IN_WORDS}",
        *(f"  refused     {path} {reason}" for path, reason in refused.items()),
        f"  get one     your system's package, pyenv install {best}, or uv python install {best}",
        f"  next        make setup, or make setup PYTHON=/path/to/python{best}",
    ]
    return "\n".join(lines)


def names(versions: Sequence[Version]) -> str:
    """Write `[(3, 12), (3, 11)]` as `Python 3.12 or 3.11`."""
    return "Python " + " or ".join(map(dotted, versions))


if __name__ == "__main__":
    sys.exit(main())
