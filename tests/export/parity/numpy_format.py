"""A format whose runtime is the NumPy form, and which can be broken in any way."""

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.formats import Format
from tfx_pipeline.modules.description.description_file import (
    LOCATION,
    read_description,
    write_description,
)
from tfx_pipeline.modules.description.model_description import ModelDescription


@dataclasses.dataclass(frozen=True)
class NumpyFormat(Format):
    """Writes the description itself, after something was done to it."""

    name: str = "numpy"
    file_name: str = "model.npz"
    runtime: str = "numpy"
    broken: Callable[[ModelDescription], ModelDescription] = lambda x: x

    def emit(self, description, facts):
        with TemporaryDirectory() as folder:
            write_description(folder, self.broken(description))
            return (Path(folder) / LOCATION).read_bytes()

    def load(self, path):
        with TemporaryDirectory() as folder:
            (Path(folder) / LOCATION).parent.mkdir()
            (Path(folder) / LOCATION).write_bytes(path.read_bytes())
            return partial(numpy_form.answers, read_description(folder))


def operation_changed(output, **changes):
    """Break one operation."""

    def change(description):
        operations = tuple(
            dataclasses.replace(x, **changes) if x.output == output else x
            for x in description.operations
        )
        return dataclasses.replace(description, operations=operations)

    return change
