"""Files of the artifacts of a run, any of which may have been deleted since."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tfx_pipeline.report.facts.run_facts import Missing
from tfx_pipeline.report.facts.values import typed
from tfx_pipeline.storage import fileio

T = TypeVar("T")


class ArtifactFiles:
    """Reads them, and remembers what was not there.

    Args:
        places: folder or URI of each artifact, by `step.output`.

    Attributes:
        missing: what the run left, and is not there any more.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places
        self.missing: list[Missing] = []

    def place(self, key: str) -> str | None:
        """Say where an artifact lies; None: the run has none of this name."""
        return self._places.get(key)

    def read(self, key: str, *names: str, expected: bool = True) -> bytes | None:
        """Read a file of an artifact; None: the run has no such artifact, or it is not there.

        Without `expected`, it is nothing special that there is no such file.
        """
        folder = self.place(key)
        if folder is None:
            return None
        place = fileio.join(folder, *names)
        try:
            return fileio.read_bytes(place)
        except fileio.NoSuchPlaceError:
            if expected or not self._is_there(folder):
                self.note(key, folder, self._why_gone(folder, names))
        except (fileio.PlaceError, OSError) as error:
            self.note(key, folder, f"it cannot be read: {_first_line(error)}")
        return None

    def parse(self, key: str, names: tuple[str, ...], parse: Callable[[bytes], T]) -> T | None:
        """Read a file and make something of it; what is damaged is remembered like what is gone."""
        content = self.read(key, *names)
        if content is None:
            return None
        try:
            return parse(content)
        except Exception as error:  # whatever a parser says of a damaged file
            why = f"`{names[-1]}` is damaged, or of another release: {_first_line(error)}"
            self.note(key, self._places[key], why)
            return None

    def json(self, key: str, *names: str) -> dict[str, Any]:
        """Read a file of JSON that holds an object; empty where there is none."""
        return self.parse(key, names, lambda content: _checked(content, dict)) or {}

    def rows(self, key: str, *names: str) -> list[Any]:
        """Read a file of JSON that holds a list, likewise."""
        return self.parse(key, names, lambda content: _checked(content, list)) or []

    def typed(self, kind: type[T], key: str, *names: str) -> T | None:
        """Read a file of JSON that holds a dataclass."""
        return self.parse(key, names, lambda content: typed(kind, json.loads(content)))

    def note(self, what: str, place: str, why: str) -> None:
        """Remember that something is missing, once."""
        if all((each.what, each.why) != (what, why) for each in self.missing):
            self.missing.append(Missing(what, place, why))

    def _is_there(self, folder: str) -> bool:
        try:
            return fileio.exists(folder)
        except (fileio.PlaceError, OSError):
            return False

    def _why_gone(self, folder: str, names: tuple[str, ...]) -> str:
        if not self._is_there(folder):
            return "it was deleted since, or is not reachable from here"
        return f"it has no file `{'/'.join(names)}`: an older release wrote it, or it was deleted"


def _checked(content: bytes, kind: type[T]) -> T:
    value = json.loads(content)
    if not isinstance(value, kind):
        raise ValueError(f"it holds no {kind.__name__}")
    return value


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
