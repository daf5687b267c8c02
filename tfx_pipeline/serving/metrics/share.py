"""Adding up what the processes of one server count: each writes its numbers to a common folder.

A scrape reaches one of the processes. Its page holds its own numbers as they are, and those of the
others as they were a second ago. The file of a process that died stays, so that no sum ever falls.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path
from typing import Any

from tfx_pipeline.serving.metrics.metrics import Metrics, Snapshot

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder, as for prometheus_client."""

_EVERY_S = 1.0
_ENDING = ".counts.json"
_LOG = logging.getLogger(__name__)


class MetricsShare:
    """Publishes the metrics of this process, and reads those of the others into their page.

    It begins when it is made, on the loop that runs.
    """

    def __init__(self, metrics: Metrics, folder: Path) -> None:
        self._metrics = metrics
        self._folder = folder
        self._own = folder / f"{os.getpid()}{_ENDING}"
        self._published: Snapshot = {}
        self._loop = asyncio.get_running_loop()
        metrics.other_workers = self.others
        self._publish_often()

    def stop(self) -> None:
        """Publish for the last time."""
        self._timer.cancel()
        self.publish()

    def publish(self) -> None:
        """Write the file of this process, unless it says the same already."""
        snapshot = self._metrics.snapshot()
        if snapshot == self._published:
            return
        listed = {name: list(cells.items()) for name, cells in snapshot.items()}
        aside = self._own.with_suffix(".new")
        aside.write_text(json.dumps(listed), encoding="utf-8")
        aside.replace(self._own)
        self._published = snapshot

    def others(self) -> list[Snapshot]:
        """Read what the other processes have published."""
        paths = sorted(self._folder.glob(f"*{_ENDING}"))
        return [_read(path) for path in paths if path != self._own]

    def _publish_often(self) -> None:
        self._timer = self._loop.call_later(_EVERY_S, self._publish_often)
        try:
            self.publish()
        except OSError as error:  # a full disk must not stop the server; the next one may succeed
            _LOG.warning("metrics of this worker are not shared: %s", error)


def _read(path: Path) -> Snapshot:
    listed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {name: {tuple(values): cell for values, cell in cells} for name, cells in listed.items()}
