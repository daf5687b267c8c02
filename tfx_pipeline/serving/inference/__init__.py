"""What a request asks of a signature, whatever the protocol: predict, classify, regress.

REST, gRPC and warm-up use what is exported here. `signatures` finds a signature; `predict_method`
and `example_methods` run one; `classify_regress` says what one must be for the latter.

Terms:
    method name: what a signature says that it is for; TensorFlow 2 writes that of predict always.
"""

from tfx_pipeline.serving.inference.classify_regress import CLASSIFY_METHOD, REGRESS_METHOD
from tfx_pipeline.serving.inference.example_methods import InferenceTask, classify, multi, regress
from tfx_pipeline.serving.inference.predict_method import (
    PREDICT_METHOD,
    check_predicts,
    predict,
    predict_rows,
)
from tfx_pipeline.serving.inference.signatures import (
    NoSignature,
    Settings,
    find_signature,
    metadata,
)

__all__ = [
    "CLASSIFY_METHOD",
    "PREDICT_METHOD",
    "REGRESS_METHOD",
    "InferenceTask",
    "NoSignature",
    "Settings",
    "check_predicts",
    "classify",
    "find_signature",
    "metadata",
    "multi",
    "predict",
    "predict_rows",
    "regress",
]
