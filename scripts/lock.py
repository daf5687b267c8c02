"""Write the lock files: every package that a stack installs, as one version with its hashes.

Run by `make lock`. Versions that still fit stay as they are; `--upgrade` takes the newest.
`make lock ARGS=image` writes one of them.

Terms:
    stack: a release of TFX and where it installs (tfx_pipeline/versions.py).
    image: what the container image holds of the best stack: no tools, the same versions.
"""

import argparse
import runpy
import sys
from pathlib import Path
from typing import Any, List, NamedTuple, Tuple

import installer

ROOT = Path(__file__).resolve().parent.parent
VERSIONS: Any = runpy.run_path(str(ROOT / "tfx_pipeline" / "versions.py"))

# Plain Python that is published as source only; all else must come compiled.
SOURCE_ONLY = ("google-apitools", "kfp", "kfp-kubernetes", "kfp-server-api", "rouge-score")
# Installed from this checkout.
OWN = ("pyfarmhash", "tfx-pipeline")

HEADER = "# Written by `make lock`: {}. Change {}, not this file.\n"
# The platforms of pyproject.toml's [tool.uv], which uv repeats on every line.
PLATFORMS = (
    "((platform_machine == 'arm64' and sys_platform == 'darwin')"
    " or (platform_machine == 'x86_64' and sys_platform == 'linux'))"
)
PYTHONS = "python_full_version < '3.14'"


REQUIREMENTS = ROOT / "requirements"


class Lock(NamedTuple):
    """A lock file to write."""

    name: str
    python: Tuple[int, int]  # the oldest that it is for
    source: Path  # what to resolve
    meaning: str
    options: List[str]  # of uv, besides those for all

    @property
    def file(self) -> Path:
        """The lock file."""
        return REQUIREMENTS / (self.name + ".txt")


def locks() -> List[Lock]:
    """Return all lock files, each after those that it takes its versions from."""
    stacks = [
        Lock(
            stack.name,
            min(stack.pythons),
            REQUIREMENTS / "lock.in",
            f"the {stack.name} stack, TFX {stack.tfx}",
            _platform(stack),
        )
        for stack in VERSIONS["STACKS"]
    ]
    best = VERSIONS["STACKS"][0]
    python = best.pythons[0]
    linux = ["--python-platform", _manylinux(best)]
    same_versions = ["--constraint", str(stacks[0].file)]
    holds = REQUIREMENTS / "image.in"
    image = Lock("image", python, holds, "what the image holds", [*linux, *same_versions])
    tool = Lock("uv", python, REQUIREMENTS / "uv.in", "what fills the image", linux)
    return [*stacks, image, tool]


def main() -> int:
    """Write the lock files."""
    known = locks()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones (default: all)")
    options = parser.parse_args()
    unknown = set(options.names) - {lock.name for lock in known}
    if unknown:
        parser.error("no such lock: {}; there are {}".format(*map(_listed, (unknown, known))))
    uv = installer.find_or_bring(ROOT / ".venv-tools", sys.executable)
    try:
        for lock in known:
            if not options.names or lock.name in options.names:
                write(uv, lock, ["--upgrade"] if options.upgrade else [])
    except installer.SetupError as error:
        print(f"lock: {error}", file=sys.stderr)
        return 1
    return 0


def _listed(names: Any) -> str:
    return ", ".join(sorted(getattr(name, "name", name) for name in names))


def write(uv: str, lock: Lock, upgrade: List[str]) -> None:
    """Resolve and write one lock file."""
    installer.run(uv, [*command(lock), *upgrade], f"locking {lock.name}")
    changed = "setup.py" if lock.name != "uv" else "requirements/uv.in"
    header = HEADER.format(lock.meaning, changed)
    lock.file.write_text(header + tidy(lock.file.read_text()))
    print(f"lock: {lock.file.relative_to(ROOT)}")


def command(lock: Lock) -> List[str]:
    """Return uv's arguments that resolve one lock."""
    return [
        *("pip", "compile", str(lock.source), "--output-file", str(lock.file)),
        *("--python-version", VERSIONS["dotted"](lock.python), *lock.options),
        *("--generate-hashes", "--no-header", "--no-annotate"),
        *("--no-emit-index-url", "--no-emit-find-links", "--emit-build-options"),
        *("--only-binary", ":all:"),
        *(option for name in SOURCE_ONLY + OWN for option in ("--no-binary", name)),
        *(option for name in OWN for option in ("--no-emit-package", name)),
    ]


def _platform(stack: Any) -> List[str]:
    return ["--universal"] if stack.macos else ["--python-platform", _manylinux(stack)]


def _manylinux(stack: Any) -> str:
    return "x86_64-manylinux_" + "_".join(map(str, stack.glibc))


def tidy(lock: str) -> str:
    """Drop from a lock file what holds for every line, and what concerns our own packages."""
    for repeated in (f" ; {PYTHONS} and {PLATFORMS}", f" and {PLATFORMS}"):
        lock = lock.replace(repeated, "")
    unwanted = {f"--no-binary {name}" for name in OWN}
    kept = []
    for line in lock.splitlines(True):
        if line.strip() not in unwanted:
            kept.append(line)
        if line.startswith("--"):
            unwanted.add(line.strip())  # uv repeats those of the constraints
    return "".join(kept)


if __name__ == "__main__":
    sys.exit(main())
