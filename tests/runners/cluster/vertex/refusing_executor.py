"""An executor that refuses, as DataGate does."""

from __future__ import annotations

from typing import Any

from tfx.dsl.components.base import base_executor

from tfx_pipeline.errors import DataError, Problem


class RefusingExecutor(base_executor.BaseExecutor):
    """Refuses whatever it is given."""

    def Do(self, *_: Any) -> None:
        problem = Problem("values out of domain", "trip_miles")
        raise DataError([problem], "the data breaks the schema; nothing was trained or pushed")
