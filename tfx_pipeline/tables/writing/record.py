"""What `init` wrote last of each file, kept beside the configurations for the next time.

Without it nobody could tell a setting that a person chose from one that `init` chose. It belongs
into version control with the files, so that whoever runs `init` next has it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tfx_pipeline.errors import ConfigError, Problem

FOLDER = "configs/.init"


def record_file(root: Path, name: str) -> Path:
    """Say where the record of a name is kept."""
    return root / FOLDER / f"{name}.json"


def read_record(file: Path) -> dict[str, str] | None:
    """Read the texts by their paths below the project's root; none: `init` wrote nothing there.

    Raises:
        ConfigError: it is there, and cannot be read.
    """
    try:
        texts = json.loads(file.read_text(encoding="utf-8"))["written"]
        if isinstance(texts, dict) and all(isinstance(x, str) for x in texts.values()):
            return texts
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError([_broken(file, str(error))], "nothing was written") from error
    raise ConfigError([_broken(file, "other JSON")], "nothing was written")


def record_text(written: Mapping[str, str]) -> str:
    """Write the record."""
    about = "What `tfx-pipeline init` wrote last: it keeps what was changed since. Not to be edited"
    return json.dumps({"about": about, "written": dict(written)}, indent=1)


def _broken(file: Path, why: str) -> Problem:
    step = "bring it back from version control, or start afresh: --force"
    return Problem("the record of what was written cannot be read", str(file), why, next_step=step)
