"""Names of a signature's inputs: any column's, though TensorFlow allows few.

TensorFlow makes operations and Python parameters of the names: a letter first, then letters,
digits and underscores, and no two that differ only in case. A column with another name is saved
under a name that is allowed; then SignatureDef, which servers read and which takes any text, gets
the column's own name. So REST and gRPC know the columns by their names; only Python's
`tf.saved_model.load(…).signatures` shows the others.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterable, Mapping

import tensorflow as tf

from tfx_pipeline.serving.models.model_files import SAVED_MODEL_FILE
from tfx_pipeline.storage import fileio

_ALLOWED = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def allowed_names(columns: Iterable[str]) -> dict[str, str]:
    """Give each column a name that TensorFlow allows: its own where it can be, else `input_<n>`.

    No two of them are the same, or differ only in case.
    """
    names: dict[str, str] = {}
    columns = list(columns)
    taken = {column.lower() for column in columns}
    used: set[str] = set()
    others = (f"input_{number}" for number in itertools.count())
    for column in columns:
        name = column
        if not _ALLOWED.fullmatch(column) or column.lower() in used:
            name = next(other for other in others if other not in taken)
        used.add(name.lower())
        names[column] = name
    return names


def rename_inputs(model_directory: str, signature: str, names: Mapping[str, str]) -> None:
    """Give the inputs of a saved model's signature the names of their columns.

    `names` are what they are called now, by column. The model's folder may be a URI; its
    `saved_model.pb` is replaced, whole or not at all.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    if all(column == name for column, name in names.items()):
        return
    file = posixpath.join(model_directory, SAVED_MODEL_FILE)
    with tf.io.gfile.GFile(file, "rb") as stream:
        saved = saved_model_pb2.SavedModel.FromString(stream.read())
    for graph in saved.meta_graphs:
        inputs = graph.signature_def[signature].inputs
        # A copy: the names of one may be columns of another.
        tensors = {column: inputs[name].SerializeToString() for column, name in names.items()}
        for name in names.values():
            del inputs[name]
        for column, tensor in tensors.items():
            inputs[column].ParseFromString(tensor)
    fileio.write_bytes(file, saved.SerializeToString(deterministic=True))
