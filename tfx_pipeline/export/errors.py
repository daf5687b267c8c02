"""What an export is refused for."""

from __future__ import annotations

from tfx_pipeline.errors import ExitStatus, PipelineError, Problem
from tfx_pipeline.modules.description.operations import CategoryId, Operation, Words


class NotExportableError(PipelineError):
    """A model holds what a format cannot say."""

    exit_status = ExitStatus.USAGE


class ParityError(PipelineError):
    """An export answers otherwise than the model."""

    exit_status = ExitStatus.REFUSED


def hash_problem(operation: Operation, name: str) -> Problem | None:
    """Say that an operation needs TensorFlow's hash, which the format of this name has not.

    None: it needs none.
    """
    if isinstance(operation, CategoryId) and operation.buckets > 1:
        field, received = "oov_buckets", operation.buckets
        what, allowed, step = "unknown categories are told apart", "oov_buckets: 1", f"{field} to 1"
    elif isinstance(operation, Words) and operation.hash_buckets:
        field, received = "hash_buckets", operation.hash_buckets
        what, allowed, step = "words are counted", "a vocabulary", "max_vocabulary"
    else:
        return None
    return Problem(
        f"{what} by TensorFlow's hash of texts, which {name} has not",
        f"column {operation.column!r}",
        f"{field}: {received}",
        allowed,
        f"set features.{operation.column}.{step}, and train again",
    )
