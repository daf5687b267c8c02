"""Write the lock files: every package that a stack installs, as one version with its hashes.

Run by `make lock`. Versions that still fit stay as they are; `--upgrade` takes the newest.

Terms:
    stack: a release of TFX and where it installs (tfx_pipeline/versions.py).
"""

import argparse
import runpy
import sys
from pathlib import Path
from typing import Any, List

import installer

ROOT = Path(__file__).resolve().parent.parent
VERSIONS: Any = runpy.run_path(str(ROOT / "tfx_pipeline" / "versions.py"))

# Plain Python that is published as source only; all else must come compiled.
SOURCE_ONLY = ("google-apitools", "kfp", "kfp-kubernetes", "kfp-server-api", "rouge-score")
# Installed from this checkout.
OWN = ("pyfarmhash", "tfx-pipeline")

HEADER = "# Written by `make lock`: the {} stack, TFX {}. Change setup.py, not this file.\n"
# The platforms of pyproject.toml's [tool.uv], which uv repeats on every line.
PLATFORMS = (
    "((platform_machine == 'arm64' and sys_platform == 'darwin')"
    " or (platform_machine == 'x86_64' and sys_platform == 'linux'))"
)
PYTHONS = "python_full_version < '3.14'"


def main() -> int:
    """Write the lock file of each stack."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    upgrade = ["--upgrade"] if parser.parse_args().upgrade else []
    uv = installer.find_or_bring(ROOT / ".venv-tools", sys.executable)
    try:
        for stack in VERSIONS["STACKS"]:
            file = ROOT / "requirements" / f"{stack.name}.txt"
            installer.run(uv, [*command(stack, file), *upgrade], f"locking the {stack.name} stack")
            file.write_text(HEADER.format(stack.name, stack.tfx) + tidy(file.read_text()))
            print(f"lock: {file.relative_to(ROOT)}")
    except installer.SetupError as error:
        print(f"lock: {error}", file=sys.stderr)
        return 1
    return 0


def command(stack: Any, file: Path) -> List[str]:
    """Return uv's arguments that resolve what `stack` takes into `file`."""
    oldest_python = VERSIONS["dotted"](min(stack.pythons))
    manylinux = "x86_64-manylinux_" + "_".join(map(str, stack.glibc))
    platform = ["--universal"] if stack.macos else ["--python-platform", manylinux]
    return [
        *("pip", "compile", str(ROOT / "requirements" / "lock.in"), "--output-file", str(file)),
        *("--python-version", oldest_python, *platform),
        *("--generate-hashes", "--no-header", "--no-annotate"),
        *("--no-emit-index-url", "--no-emit-find-links", "--emit-build-options"),
        *("--only-binary", ":all:"),
        *(option for name in SOURCE_ONLY + OWN for option in ("--no-binary", name)),
        *(option for name in OWN for option in ("--no-emit-package", name)),
    ]


def tidy(lock: str) -> str:
    """Drop from a lock file what holds for every line, and what concerns our own packages."""
    for repeated in (f" ; {PYTHONS} and {PLATFORMS}", f" and {PLATFORMS}"):
        lock = lock.replace(repeated, "")
    own = {f"--no-binary {name}" for name in OWN}
    return "".join(line for line in lock.splitlines(True) if line.strip() not in own)


if __name__ == "__main__":
    sys.exit(main())
