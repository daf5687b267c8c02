"""The files of an input: named, of folders, and by patterns."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.reading.table_files import table_files


def input_files(words: Sequence[str]) -> list[Path]:
    """Find the files, each once: a pattern's and a folder's by name.

    Raises:
        ConfigError: some are not there.
    """
    files: list[Path] = []
    problems: list[Problem] = []
    for word in words:
        path = Path(word)
        if not path.exists() and glob.has_magic(word):
            found = [Path(each) for each in sorted(glob.glob(word, recursive=True))]
            files += [each for each in found if each.is_file()]
            if not found:
                problems.append(Problem("no file matches this pattern", None, word))
            continue
        listing = table_files(path)
        files += listing.files
        problems += listing.problems
    if problems:
        raise ConfigError(problems, "there is no table to read")
    return list(dict.fromkeys(files))
