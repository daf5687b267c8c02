"""The formats, by name: what writes each and what reads it; imported when asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:  # they bring NumPy, and a mistake on the command line is told without it
    from tfx_pipeline.export.facts import ExportFacts
    from tfx_pipeline.export.rows import Runtime
    from tfx_pipeline.modules.description.model_description import ModelDescription
    from tfx_pipeline.modules.description.operations import Operation


@dataclass(frozen=True)
class Format:
    """A format.

    The package `export.<name>` has `emitter.emit(description, facts) -> bytes`, which raises a
    `NotExportableError`; `emitter.LACKS`, the operations that the format cannot say, each with the
    reason and what to do; and `runtime.load(path) -> Runtime`.

    Attributes:
        name: on the command line and in the configuration.
        file_name: of an export.
        runtime: distribution of the library that `load` reads it by, and that proves it.
    """

    name: str
    file_name: str
    runtime: str

    def emit(self, description: ModelDescription, facts: ExportFacts) -> bytes:
        """Write the model.

        Raises:
            NotExportableError: it holds what the format cannot say.
        """
        return cast(bytes, self._module("emitter").emit(description, facts))

    def load(self, path: Path) -> Runtime:
        """Load an export by the runtime that proves it."""
        return cast("Runtime", self._module("runtime").load(path))

    @property
    def lacks(self) -> Mapping[type[Operation], str]:
        """Give the operations that it cannot say, and why."""
        return cast("Mapping[type[Operation], str]", self._module("emitter").LACKS)

    def _module(self, name: str) -> Any:
        return importlib.import_module(f"tfx_pipeline.export.{self.name}.{name}")


FORMATS = {
    each.name: each
    for each in (
        Format("onnx", "model.onnx", "onnxruntime"),
        Format("tflite", "model.tflite", "ai-edge-litert"),
        Format("pmml", "model.pmml", "tfx-pipeline"),
    )
}
