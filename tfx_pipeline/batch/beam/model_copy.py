"""A copy of a model that BulkInferrer can ask.

It makes a log of each row's answers, and fails at a text: NumPy gives that one as `bytes`, which
have no `dtype` (`tfx_bsl.beam.run_inference._PredictModelHandler`, 1.16.1). In the copy such
an output is `[batch, 1]`. It can go when tfx_bsl takes texts.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tfx_pipeline.batch.models import BatchModel
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.modules.model.signature_names import SERVING_EXAMPLES
from tfx_pipeline.serving.models.model_files import SAVED_MODEL_FILE

_FINGERPRINT = "fingerprint.pb"  # of what the file was
_AXIS = "tfx_pipeline/axis"


def copy_model(model: BatchModel, folder: Path) -> None:
    """Write the copy; where workers see the rows, they see it too.

    Raises:
        ConfigError: the model takes no tf.Examples.
        OSError: it cannot be written.
    """
    saved = _read(model)
    shutil.copytree(model.folder, folder, ignore=shutil.ignore_patterns(_FINGERPRINT))
    for graph in saved.meta_graphs:
        _widen_texts(graph)
    (folder / SAVED_MODEL_FILE).write_bytes(saved.SerializeToString(deterministic=True))


def check_signature(model: BatchModel) -> None:
    """Refuse a model that takes no tf.Examples.

    Raises:
        ConfigError: it has no signature for them.
    """
    _read(model)


def _read(model: BatchModel) -> Any:
    from tensorflow.core.protobuf import saved_model_pb2

    content = (model.folder / SAVED_MODEL_FILE).read_bytes()
    saved = saved_model_pb2.SavedModel.FromString(content)
    for graph in saved.meta_graphs:
        if SERVING_EXAMPLES not in graph.signature_def:
            step = "--engine tensorflow, or a model of this package's Trainer"
            there = ", ".join(sorted(graph.signature_def))
            what = f"BulkInferrer needs the signature `{SERVING_EXAMPLES}`"
            problem = Problem(what, str(model.folder), there, next_step=step)
            raise ConfigError([problem], "the model cannot be used")
    return saved


def _widen_texts(graph: Any) -> None:
    """Give an axis of one to the texts that a row is answered with."""
    from tensorflow.core.framework import types_pb2

    outputs = graph.signature_def[SERVING_EXAMPLES].outputs
    texts = [x for x in outputs.values() if x.dtype == types_pb2.DT_STRING]
    texts = [x for x in texts if len(x.tensor_shape.dim) == 1]
    if not texts:
        return
    axis = graph.graph_def.node.add(name=_AXIS, op="Const")
    axis.attr["dtype"].type = types_pb2.DT_INT32
    axis.attr["value"].tensor.dtype = types_pb2.DT_INT32
    axis.attr["value"].tensor.tensor_shape.SetInParent()
    axis.attr["value"].tensor.int_val.append(1)
    for number, text in enumerate(texts):
        wide = graph.graph_def.node.add(name=f"tfx_pipeline/text_{number}", op="ExpandDims")
        wide.input.extend([text.name, _AXIS])
        wide.attr["T"].type = types_pb2.DT_STRING
        wide.attr["Tdim"].type = types_pb2.DT_INT32
        text.name = f"{wide.name}:0"
        text.tensor_shape.dim.add(size=1)
