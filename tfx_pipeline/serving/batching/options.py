"""Parameters of batching: TensorFlow Serving's defaults and rules for `BatchingParameters`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from tfx_pipeline.serving.config.protos import read_message
from tfx_pipeline.serving.errors import invalid_argument


@dataclass(frozen=True)
class BatchingOptions:
    """How requests are put together.

    Attributes:
        max_batch_size: most rows of a request, and of a batch unless requests are split.
        batch_timeout_micros: longest wait of a batch that is not full for more requests.
        max_enqueued_batches: batches that may wait; further requests are refused.
        num_batch_threads: batches that run at the same time, for all models together.
        allowed_batch_sizes: to these, ascending, batches are filled up; none: they are not.
        pad_variable_length_inputs: whether requests of unequal shapes go together, filled up.
        enable_large_batch_splitting: whether a request may be spread over several batches.
        max_execution_batch_size: most rows of a batch then.
    """

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False
    enable_large_batch_splitting: bool = False
    max_execution_batch_size: int = 1000

    @property
    def largest_batch(self) -> int:
        """Most rows of a batch."""
        if self.enable_large_batch_splitting:
            return self.max_execution_batch_size
        return self.max_batch_size

    def allowed_size(self, rows: int) -> int:
        """Return the size that a batch of `rows` is filled up to."""
        return next((size for size in self.allowed_batch_sizes if size >= rows), rows)


def read_batching_parameters(path: str) -> BatchingOptions:
    """Read a text file of `BatchingParameters`; ServingError if it breaks a rule."""
    message = read_message("BatchingParameters", path)
    wrapped = (
        "max_batch_size",
        "batch_timeout_micros",
        "max_enqueued_batches",
        "num_batch_threads",
        "enable_large_batch_splitting",
        "max_execution_batch_size",
    )
    values = {name: getattr(message, name).value for name in wrapped if message.HasField(name)}
    values.setdefault("max_batch_size", BatchingOptions.max_batch_size)
    values.setdefault("max_execution_batch_size", values["max_batch_size"])
    if not values.get("enable_large_batch_splitting") and values.get("max_enqueued_batches") == 0:
        values["max_enqueued_batches"] = 1  # as TensorFlow does, for models of old
    options = BatchingOptions(
        **values,
        allowed_batch_sizes=tuple(message.allowed_batch_sizes),
        pad_variable_length_inputs=message.pad_variable_length_inputs,
    )
    _check(options)
    return options


def _check(options: BatchingOptions) -> None:
    if options.num_batch_threads < 1:
        raise invalid_argument(
            f"num_batch_threads must be positive; was {options.num_batch_threads}"
        )
    sizes = options.allowed_batch_sizes
    if sizes and sizes[-1] != options.max_batch_size:
        raise invalid_argument(
            "Last entry in allowed_batch_sizes must match max_batch_size;"
            f" last entry was {sizes[-1]}; expected {options.max_batch_size}"
        )
    if list(sizes) != sorted(set(sizes)):
        raise invalid_argument("allowed_batch_sizes entries must be monotonically increasing")
    if options.max_batch_size < 1:
        raise invalid_argument(
            f"input_batch_size_limit must be positive; was {options.max_batch_size}"
        )
    if options.batch_timeout_micros < 0:
        raise invalid_argument(
            f"batch_timeout_micros must be non-negative; was {options.batch_timeout_micros}"
        )
    if options.max_enqueued_batches < 1:
        raise invalid_argument(
            f"max_enqueued_batches must be positive; was {options.max_enqueued_batches}"
        )
    if not 0 < options.largest_batch <= options.max_batch_size:
        raise invalid_argument(
            "When enable_large_batch_splitting is true, input_batch_size_limit must be greater"
            " than or equal to max_execution_batch_size."
        )
