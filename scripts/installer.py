"""Find uv, which installs packages in seconds where pip takes minutes; bring it if it is missing.

Syntax of Python 3.6: an old Python must get as far as the message.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence

OLDEST = (0, 5)
REQUIREMENT = "uv>=0.5"

# uv does not read pip's settings, which may be all that reaches the packages here.
PIP_SETTINGS = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_NO_INDEX": "UV_NO_INDEX",
    "PIP_CERT": "SSL_CERT_FILE",
}


class SetupError(Exception):
    """The environment cannot be made; the message says why and what to do."""


def say(text: str) -> None:
    """Print a line at once, so that it stands before what uv prints."""
    print(f"setup: {text}", flush=True)


def find_or_bring(tools: Path, python: str) -> str:
    """Return a uv that works: of the PATH, or installed into `tools` with pip.

    Args:
        tools: a folder that nothing else uses.
        python: the interpreter to install uv with.
    """
    on_path = shutil.which("uv")
    if on_path and _works(on_path):
        return on_path
    own = str(tools / "bin" / "uv")
    if _works(own):
        return own
    say(f"no uv {'.'.join(map(str, OLDEST))} or newer here: installing it into {tools.name}")
    for install in (_by_venv, _by_pip):
        shutil.rmtree(tools, ignore_errors=True)
        if install(tools, python) and _works(own):
            return own
    raise SetupError(
        f"uv is missing, and {python} could not install it (its words, if any, are above).\n"
        "  next   install uv, or what Python needs to do so (Debian, Ubuntu: python3-venv);\n"
        "         behind a mirror, set PIP_INDEX_URL"
    )


def run(uv: str, arguments: Sequence[str], what: str) -> None:
    """Run uv; raise SetupError, naming `what` was tried, if it fails."""
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    done = subprocess.run([uv, *quiet, *arguments], env=environment(os.environ))
    if done.returncode:
        raise SetupError(
            f"{what} failed; what uv said is above.\n"
            "  next   the same command again, which starts afresh; where packages come from a\n"
            "         mirror, set UV_DEFAULT_INDEX or PIP_INDEX_URL (uv does not read pip.conf)"
        )


def download_python(uv: str, version: str) -> bool:
    """Let uv download a Python, unless the user forbids it; tell whether it did."""
    if os.environ.get("UV_PYTHON_DOWNLOADS") in ("never", "manual"):
        return False
    say(f"no Python that fits was found here: asking uv to download {version}")
    command = [uv, "python", "install", version]
    return subprocess.run(command, env=environment(os.environ)).returncode == 0


def environment(environ: Mapping[str, str]) -> Dict[str, str]:
    """Return `environ` for uv: with pip's settings where uv's own are not set."""
    settings = dict(environ)
    for pip_name, uv_name in PIP_SETTINGS.items():
        if settings.get(pip_name):
            settings.setdefault(uv_name, settings[pip_name])
    if settings.get("PIP_NO_INDEX") and settings.get("PIP_FIND_LINKS"):
        settings.setdefault("UV_FIND_LINKS", settings["PIP_FIND_LINKS"])
    return settings


def _works(uv: str) -> bool:
    """Tell whether `uv` runs and is new enough; a shim may exist and do neither."""
    try:
        done = subprocess.run(
            [uv, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.match(r"uv (\d+)\.(\d+)", done.stdout.decode(errors="replace"))
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST


def _by_venv(tools: Path, python: str) -> bool:
    """Install uv with the pip of a new environment; Debian's bare python3 cannot make one."""
    return _succeeds([python, "-m", "venv", str(tools)]) and _succeeds(
        [str(tools / "bin" / "python"), "-m", "pip", "install", "--quiet", REQUIREMENT], show=True
    )


def _by_pip(tools: Path, python: str) -> bool:
    """Install uv with the pip of `python` itself."""
    pip = [python, "-m", "pip"]
    return _succeeds([*pip, "--version"]) and _succeeds(
        [*pip, "install", "--quiet", "--target", str(tools), REQUIREMENT], show=True
    )


def _succeeds(command: List[str], show: bool = False) -> bool:
    output: Optional[int] = None if show else subprocess.DEVNULL
    return subprocess.run(command, stdout=output, stderr=output).returncode == 0
