"""The stacks that this package runs on: the one place that knows their versions and platforms.

Terms:
    stack: a release of TFX with the Pythons and platforms that it installs on, and one lock file
        for all it needs.
    fit: a stack fits a platform when packages built for that platform exist: nothing is compiled.

`setup.py` and `scripts/` load this file by its path, with whatever Python they find: the standard
library only, and no syntax newer than Python 3.6.
"""

import os
import platform
from typing import NamedTuple, Optional, Tuple

Version = Tuple[int, int]


class Stack(NamedTuple):
    """A release of TFX and where it installs."""

    name: str
    tfx: str  # the release, exactly
    pythons: Tuple[Version, ...]  # best first
    glibc: Version  # the oldest, on Linux x86-64
    macos: bool  # Apple silicon too


STACKS = (  # best first
    Stack("current", "1.21.0", ((3, 13), (3, 12), (3, 11)), glibc=(2, 39), macos=True),
    Stack("portable", "1.16.0", ((3, 10),), glibc=(2, 17), macos=False),
)


class Platform(NamedTuple):
    """What decides which packages install."""

    system: str  # as `platform.system()`: Linux, Darwin, …
    machine: str  # as `platform.machine()`: x86_64, arm64, …
    glibc: Optional[Version]  # None where there is none: macOS, musl

    def __str__(self) -> str:
        if self.system == "Darwin":
            return f"macOS {self.machine}"
        libc = f"glibc {dotted(self.glibc)}" if self.glibc else "no glibc"
        return f"{self.system} {self.machine}, {libc}"


def dotted(version: Tuple[int, ...]) -> str:
    """Write a version as people do: `(3, 10)` is `3.10`."""
    return ".".join(map(str, version))


def this_platform() -> Platform:
    """Describe the machine that runs this."""
    return Platform(platform.system(), platform.machine(), _glibc())


def _glibc() -> Optional[Version]:
    try:
        name, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
    except (AttributeError, OSError, ValueError):  # Windows; musl; macOS
        return None
    major, minor = version.split(".")[:2]
    return (int(major), int(minor)) if name == "glibc" else None


def fitting(where: Platform) -> Tuple[Stack, ...]:
    """Return the stacks that fit `where`, best first; none if `refusal` has something to say."""
    if (where.system, where.machine) == ("Darwin", "arm64"):
        return tuple(stack for stack in STACKS if stack.macos)
    if (where.system, where.machine) != ("Linux", "x86_64") or where.glibc is None:
        return ()
    return tuple(stack for stack in STACKS if where.glibc >= stack.glibc)


def refusal(where: Platform) -> Optional[str]:
    """Say why no stack fits `where` and what to do; None if one does."""
    if fitting(where):
        return None
    oldest = dotted(min(stack.glibc for stack in STACKS))
    if (where.system, where.machine) == ("Linux", "x86_64"):
        cause = f"TFX needs glibc {oldest} or newer; Alpine and other musl systems have none"
    else:
        cause = "TFX is published for Linux on x86-64 and for macOS on Apple silicon only"
    return (
        f"{where}: {cause}.\n"
        "Next: use such a machine, or a container (platform linux/amd64, image python:3.13-trixie)."
    )


def stack() -> str:
    """Return the name of the installed stack: `current` or `portable`.

    Raises:
        RuntimeError: TFX is missing, or is a release that belongs to no stack.
    """
    from importlib import metadata  # Python 3.8

    releases = {each.tfx: each.name for each in STACKS}
    try:
        installed = metadata.version("tfx")
    except metadata.PackageNotFoundError as error:
        raise RuntimeError("TFX is not installed. Next: make setup") from error
    if installed not in releases:
        allowed = " or ".join(releases)
        raise RuntimeError(
            f"TFX {installed} is installed; this package runs on {allowed}. Next: make setup"
        )
    return releases[installed]
