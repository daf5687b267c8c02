"""Find a Python that works: each candidate is run, because some that exist do not.

Terms:
    candidate: a path that may be a Python: of the PATH, of pyenv, of uv, of the usual folders.
    wanted: versions as `(3, 10)`, best first.

Syntax of Python 3.6: an old Python must get as far as the message.
"""

import functools
import glob
import json
import os
import subprocess
import sys
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

Version = Tuple[int, ...]

# Beside the PATH; ~ and $NAMEs are filled in.
PLACES = (
    "$PYENV_ROOT/versions/{version}*/bin/python{version}",
    "~/.pyenv/versions/{version}*/bin/python{version}",
    "$UV_PYTHON_INSTALL_DIR/cpython-{version}*/bin/python{version}",
    "~/.local/share/uv/python/cpython-{version}*/bin/python{version}",
    "/opt/homebrew/bin/python{version}",
    "/usr/local/bin/python{version}",
    "/usr/bin/python{version}",
)
PLACES_IN_WORDS = "the PATH, pyenv's and uv's Pythons, /opt/homebrew, /usr/local, /usr"

PROBE_TIMEOUT_S = 30
# Runs in the candidate, whatever its age. The modules are those that a Python lacks which was
# compiled without the libraries' headers; TFX imports them all.
PROBE = """
import json, platform, sys
missing = []
for name in ("bz2", "ctypes", "lzma", "sqlite3", "ssl", "zlib"):
    try:
        __import__(name)
    except ImportError:
        missing.append(name)
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "implementation": platform.python_implementation(),
    "machine": platform.machine(),
    "bits": 64 if sys.maxsize > 2 ** 32 else 32,
    "gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
    "missing": missing,
}))
"""


class Python(NamedTuple):
    """An interpreter that works."""

    path: str
    version: Version  # as (3, 10, 13)


class Search(NamedTuple):
    """What a search found, and why not what else it met."""

    python: Optional[Python]
    refused: Dict[str, str]  # path: reason


def find(wanted: Sequence[Version], machine: str, avoid: str) -> Search:
    """Return the first working Python of the best wanted version.

    Args:
        wanted: versions, best first.
        machine: as `platform.machine()`; a Python for another machine installs other packages.
        avoid: a folder whose Pythons do not count: the environment that is to be made.
    """
    refused: Dict[str, str] = {}
    for version in wanted:
        for path in _candidates(version):
            if path.startswith(os.path.join(avoid, "")):
                continue
            python, reason = check(path, [version], machine)
            if python:
                return Search(python, refused)
            refused[path] = reason
    return Search(None, refused)


def check(path: str, wanted: Sequence[Version], machine: str) -> Tuple[Optional[Python], str]:
    """Run the Python at `path`; return it, or None and what is wrong with it."""
    facts, reason = _probe(path)
    if not facts:
        return None, reason
    version = tuple(facts["version"])
    if version[:2] not in wanted:
        return None, "is Python " + ".".join(map(str, version))
    if facts["implementation"] != "CPython":
        return None, f"is {facts['implementation']}, not CPython"
    if (facts["bits"], facts["machine"]) != (64, machine):
        return None, f"is built for {facts['bits']}-bit {facts['machine']}"
    if not facts["gil"]:
        return None, "is a free-threaded build, for which TensorFlow has no packages"
    if facts["missing"]:
        return None, f"was built without {', '.join(facts['missing'])}"
    return Python(path, version), ""


@functools.lru_cache(maxsize=None)
def _probe(path: str) -> Tuple[Dict[str, Any], str]:
    """Return what PROBE prints in the Python at `path`, or nothing and the reason."""
    try:
        done = subprocess.run(
            [path, "-E", "-S", "-c", PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=PROBE_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return {}, f"does not answer within {PROBE_TIMEOUT_S} s"
    except OSError as error:
        return {}, f"does not run ({error.strerror})"
    try:
        return json.loads(done.stdout.decode()), ""
    except ValueError:
        complaint = done.stderr.decode(errors="replace").strip() or f"status {done.returncode}"
        return {}, f"does not run ({complaint.splitlines()[0]})"


def _candidates(version: Version) -> Iterator[str]:
    """Yield what exists and may be a Python of `version`, the surest first, each once."""
    dotted = ".".join(map(str, version))
    folders = [folder for folder in os.get_exec_path() if os.path.isabs(folder)]
    paths: List[str] = [os.path.join(folder, "python" + dotted) for folder in folders]
    for place in PLACES:
        pattern = os.path.expanduser(os.path.expandvars(place.format(version=dotted)))
        paths += sorted(glob.glob(pattern), reverse=True)
    paths += [os.path.join(folder, name) for folder in folders for name in ("python3", "python")]
    paths.append(sys.executable)
    seen = set()
    for path in paths:
        if path not in seen and os.path.isfile(path):
            seen.add(path)
            yield path
