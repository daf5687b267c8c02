"""What an export is made from beside the model, and what is said of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tfx_pipeline.errors import PipelineError
from tfx_pipeline.export.rows import Rows

Verdict = Literal["equal", "close", "refused", "not exportable", ""]


@dataclass(frozen=True)
class RealRows:
    """Rows of the table, as a caller would send them; empty mappings where they are not there.

    Attributes:
        evaluation: of the eval split, at most `exporting.MOST_REAL_ROWS`: what proves an export.
        examples: the same rows as serialized tf.Examples, of which the model knows the labels:
            kinds of TFLite are judged by them.
        training: of the train split, some hundreds: int8 is calibrated with them.
        made: how many are made to hurt beside them: see `parity.made_rows`.
    """

    evaluation: Rows
    examples: Sequence[bytes] = ()
    training: Rows | None = None
    made: int = 2_000


@dataclass(frozen=True)
class TfliteWish:
    """Which TFLite model is wanted: see `export.tflite.kinds` and `export.tflite.budget`.

    Attributes:
        kinds: to choose from.
        bytes, p50_ms, rss_mb, max_loss: what it may cost; None: any. But what no kind other than
            float32 may lose without a word about it is `quantised.MAX_LOSS`.
    """

    kinds: tuple[str, ...] = ("float32",)
    bytes: int | None = None
    p50_ms: float | None = None
    rss_mb: float | None = None
    max_loss: float | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is float32, whatever it costs."""
        return self == TfliteWish()


@dataclass(frozen=True)
class FormatReport:
    """What became of one format.

    Attributes:
        format: its name.
        file: name in the folder of the export; "" if none was written.
        bytes: of the file; likewise 0.
        verdict: whether it answers as the model does; "close": it is of a kind that is judged by
            the change of a metric; "": nobody knows yet.
        rows: that proved it, those made to hurt included.
        real_rows: of these, from the eval split.
        largest_difference: of a probability; or of a value, relative to the model's.
        largest_real_difference: likewise, of the real rows.
        limit: of both.
        unsteady_rows: of `rows`: not compared, for numbers so far from all training rows that the
            model's own answer is what rounding leaves of it: see `parity.steadiness`.
        runtime: library that read the file, and its version.
        runtime_version: likewise.
        p50_ms: of one row, in that runtime, on one thread where it can be told so.
        kind: of TFLite, where one was chosen; then `largest_difference` is that of this kind on
            the real rows, `limit` that of `losses`, and the same model of float32 was proven equal.
        losses: by metric, how much worse than the model it is: value, low and high end.
        kinds: what was measured of each kind that was to choose from.
        error: why there is no file; None: there is one.
    """

    format: str
    file: str = ""
    bytes: int = 0
    verdict: Verdict = ""
    rows: int = 0
    real_rows: int = 0
    largest_difference: float = 0.0
    largest_real_difference: float = 0.0
    limit: float = 0.0
    unsteady_rows: int = 0
    runtime: str = ""
    runtime_version: str = ""
    p50_ms: float = 0.0
    kind: str = ""
    losses: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    kinds: tuple[Mapping[str, Any], ...] = ()
    error: PipelineError | None = None


@dataclass(frozen=True)
class ExportReport:
    """What became of an export: `parity.json` says the same.

    Attributes:
        model, version: as the facts say.
        formats: in the order in which they were asked for.
    """

    model: str
    version: str
    formats: tuple[FormatReport, ...]

    @property
    def errors(self) -> list[PipelineError]:
        """Those of the formats of which there is no file."""
        return [each.error for each in self.formats if each.error]
