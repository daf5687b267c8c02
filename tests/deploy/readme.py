"""The commands that a README shows, and a shell to run them in."""

from __future__ import annotations

import re
import subprocess
import textwrap
from pathlib import Path


class Readme:
    """The text of a file, and its blocks of commands."""

    def __init__(self, file: Path) -> None:
        self.text = file.read_text(encoding="utf-8")
        blocks = re.findall(r" *```bash\n(.*?)```", self.text, re.DOTALL)
        self.blocks = [textwrap.dedent(block) for block in blocks]

    def block(self, part: str) -> str:
        """Give the one block that holds a part."""
        (found,) = [block for block in self.blocks if part in block]
        return found


def run(script: str, folder: Path) -> list[str]:
    """Run commands, which must succeed; give the lines that they print."""
    done = subprocess.run(
        ["sh", "-euc", script], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
