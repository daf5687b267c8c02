"""The environment `.venv`: what it was made from, whether that still holds, and how to fill it.

Terms:
    state: the file in `.venv` that says what it was made from; while it is being filled, nothing.
    place: the checkout and the machine; elsewhere the environment does not work.
    digest: one hash of the files that decide the environment's content.

Syntax of Python 3.6: an old Python must get as far as the message.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

import installer
from installer import SetupError, say

STATE = "made-from.json"
DISK_GIB = 4  # an environment takes 3.3


class State(NamedTuple):
    """What an environment was made from."""

    stack: str
    python: str  # version, as 3.10.13
    interpreter: str  # the path it was made with
    place: str
    digest: str


class Environment:
    """The environment of one checkout."""

    def __init__(self, root: Path, platform: str) -> None:
        """Describe `root/.venv`; `platform` is this machine, in words."""
        self.root = root
        self.place = f"{root} on {platform}"
        self.folder = root / ".venv"
        self.python = str(self.folder / "bin" / "python")

    def state(self) -> Optional[State]:
        """Read the state; None if the environment is missing or unfinished.

        Raises:
            SetupError: somebody else made `.venv`.
        """
        file = self.folder / STATE
        try:
            return State(**json.loads(file.read_text()))
        except (ValueError, TypeError):
            return None
        except FileNotFoundError:
            if self.folder.is_dir() and any(self.folder.iterdir()):
                raise SetupError(
                    f"{self.folder} was not made by `make setup`, which would replace it.\n"
                    "  next   move it away, or remove it, then make setup"
                ) from None
            return None

    def fault(self, state: Optional[State], interpreter: str) -> str:
        """Say why nothing of the environment can be kept; empty if all can.

        Args:
            state: the environment's.
            interpreter: the one that the user wants; empty if any will do.
        """
        if state is None:
            return "there is none, or it is unfinished"
        if interpreter not in ("", state.interpreter):
            return f"it was made with {state.interpreter}"
        if state.place != self.place:
            return f"it was made for {state.place}"
        try:
            shown = subprocess.run([self.python, "--version"], stdout=subprocess.PIPE)
        except OSError as error:
            return f"its Python does not run ({error.strerror})"
        version = shown.stdout.decode().strip()
        return "" if version == f"Python {state.python}" else f"its Python is now {version}"

    def digest(self, stack: str) -> str:
        """Hash the files that decide the content: the lock file and our own packaging."""
        files = ["setup.py", "tfx_pipeline/versions.py", f"requirements/{stack}.txt"]
        farmhash = sorted((self.root / "requirements/pyfarmhash").glob("*.py"))
        content = hashlib.sha256()
        for file in [self.root / name for name in files] + farmhash:
            content.update(file.read_bytes())
        return content.hexdigest()

    def make(self, uv: str, state: State, reuse: bool) -> None:
        """Fill the environment and, last of all, write its state.

        Args:
            uv: path of uv.
            state: what to make it from.
            reuse: keep the packages there that the lock file has too.
        """
        self.folder.mkdir(exist_ok=True)
        (self.folder / STATE).write_text("")
        if not reuse:
            self._empty()
            self._check_disk()
            command = ["venv", "--allow-existing", "--python", state.interpreter, str(self.folder)]
            installer.run(uv, command, "making .venv")
        self._install(uv, state.stack)
        unfinished = self.folder / (STATE + ".new")
        unfinished.write_text(json.dumps(state._asdict(), indent=2) + "\n")
        unfinished.replace(self.folder / STATE)

    def _install(self, uv: str, stack: str) -> None:
        lock = str(self.root / "requirements" / f"{stack}.txt")
        # Compiled now: else every start compiles TensorFlow and TFX again, where Python is told
        # to write no bytecode, as in most container images.
        into = ["--python", self.python, "--compile-bytecode"]
        exactly = ["--require-hashes", "--build-constraint", lock, lock]
        installer.run(uv, ["pip", "sync", *into, *exactly], f"installing requirements/{stack}.txt")
        alone = ["--no-deps", "--no-build-isolation", "--reinstall-package", "pyfarmhash"]
        own = [str(self.root / "requirements" / "pyfarmhash"), "--editable", str(self.root)]
        installer.run(uv, ["pip", "install", *into, *alone, *own], "installing tfx-pipeline")
        package = str(self.root / "tfx_pipeline")
        subprocess.run([self.python, "-m", "compileall", "-q", package], check=False)

    def _empty(self) -> None:
        for child in self.folder.iterdir():
            if child.name == STATE:
                continue
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(str(child))
            else:
                child.unlink()

    def _check_disk(self) -> None:
        free_gib = shutil.disk_usage(str(self.folder)).free / 2**30
        if free_gib < DISK_GIB:
            raise SetupError(
                f"{self.folder} has {free_gib:.1f} GiB free; the packages take about {DISK_GIB}.\n"
                "  next   free some space, or make .venv a link to an empty folder with more"
            )


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """Wait until no other set-up of this checkout runs, and keep others waiting meanwhile."""
    import fcntl  # not on Windows, which no stack fits

    folder = os.open(str(root), os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is running here: waiting for it")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
