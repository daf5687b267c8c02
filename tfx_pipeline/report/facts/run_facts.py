"""What is known of one run.

Every part may be missing: a run ends where it fails, and artifacts are deleted later. What is not
there is empty, and `RunFacts.missing` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts
from tfx_pipeline.evaluation.risk.findings import RiskVerdict
from tfx_pipeline.export.verdict import ExportVerdict
from tfx_pipeline.report.facts.data_facts import DataFacts
from tfx_pipeline.report.facts.model_facts import GateFacts, ServingFacts, TrainingFacts

FORMAT = 1
"""Of `report.json`; another one is read by another release."""

Status = Literal["pushed", "refused", "failed", "interrupted", "partial", "running"]
StepState = Literal["ran", "cached", "failed", "refused"]


@dataclass(frozen=True)
class RunAccount:
    """The run as a whole.

    Attributes:
        pipeline: its name.
        run_id: its id.
        status: what came of it; `partial`: it was asked for some steps only.
        began: ISO 8601, with the zone.
        seconds: wall time.
        command: the words that reproduce it, without secrets.
        title: one line about why it failed or was refused; empty: it was not.
        problems: why, in detail.
        notes: what is worth knowing and stopped nothing.
        version: of the pushed model; empty: nothing was pushed.
        model_name: under which it is served.
    """

    pipeline: str
    run_id: str
    status: Status
    began: str = ""
    seconds: float = 0.0
    command: tuple[str, ...] = ()
    title: str = ""
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    version: str = ""
    model_name: str = ""


@dataclass(frozen=True)
class Decision:
    """The verdict in one sentence, and the figure that decided.

    Attributes:
        sentence: with the figure in it.
        step: that decided; empty: none, all of them passed.
        figure: name of what decided (a metric, a check); empty: no figure did.
        value: of it.
        low: lower end of its interval; None: it has none.
        high: upper end.
        bound: what it was compared with, in words.
    """

    sentence: str
    step: str = ""
    figure: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    bound: str = ""


@dataclass(frozen=True)
class StepFacts:
    """A step.

    Attributes:
        id: of its node.
        state: what came of it.
        seconds: wall time.
        reason: why it ran, or did not run again.
        facts: what it made, in a few words.
        peak_memory_bytes: most that the process had while it worked; None: it was not measured.
    """

    id: str
    state: StepState
    seconds: float
    reason: str = ""
    facts: str = ""
    peak_memory_bytes: int | None = None


@dataclass(frozen=True)
class ArtifactFacts:
    """An artifact that the run made or used.

    Attributes:
        key: `step.output`.
        step: that made it.
        type: TFX's name of its type; empty: ML Metadata was not asked.
        id: in ML Metadata; None: likewise.
        place: path from the project's root, or URI.
        is_there: its files are; False: they were deleted, or cannot be reached.
        bytes: of its files; None: they are not there, or were not counted.
        made_from: keys of the artifacts that its step read.
        run_id: of the run that made it; another one: it was taken from the cache.
    """

    key: str
    step: str
    type: str = ""
    id: int | None = None
    place: str = ""
    is_there: bool = True
    bytes: int | None = None
    made_from: tuple[str, ...] = ()
    run_id: str = ""


@dataclass(frozen=True)
class Missing:
    """Something that the run should have left, and is not there.

    Attributes:
        what: `step.output`, or a name in words.
        place: where it was.
        why: it is not there.
    """

    what: str
    place: str
    why: str


@dataclass(frozen=True)
class Difference:
    """A value that is not what it was."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    """What differs from the last blessed run.

    Attributes:
        run_id: of that run; empty: there is none.
        note: why nothing can be compared; empty: all was.
        config: values of the configuration, by their keys.
        data: of the table: digest, rows.
        code: digests of the code.
        libraries: their versions, Python's among them.
    """

    run_id: str = ""
    note: str = ""
    config: tuple[Difference, ...] = ()
    data: tuple[Difference, ...] = ()
    code: tuple[Difference, ...] = ()
    libraries: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class EnvironmentFacts:
    """Where it ran.

    Attributes:
        python: its version.
        platform: system and processor.
        processors: that it may use.
        memory_bytes: that it may use.
        code: digest of this package's code and of all that the steps run.
        libraries: version by name.
    """

    python: str = ""
    platform: str = ""
    processors: int = 0
    memory_bytes: int = 0
    code: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunFacts:
    """All that is known of a run.

    Attributes:
        format: `FORMAT`.
        run: as a whole.
        decision: the verdict in one sentence.
        changes: since the last blessed run.
        gate: of the Evaluator.
        evaluation: what was measured; None: there is none, `missing` says why.
        risk: what was examined; None: likewise.
        export: what came of the model in other formats; None: likewise, or none was asked for.
        metrics: over all eval rows, of the candidate; also where `evaluation` is missing.
        baseline_metrics: of the last blessed model.
        data: the table.
        training: how the model was trained.
        serving: how it is served.
        steps: in their order.
        artifacts: likewise.
        environment: where it ran.
        config: the resolved configuration, without secrets.
        missing: what is not there any more.
        min_rows: values of fewer rows are hidden.
    """

    run: RunAccount
    decision: Decision
    changes: Changes = field(default_factory=Changes)
    gate: GateFacts = field(default_factory=GateFacts)
    evaluation: EvaluationFacts | None = None
    risk: RiskVerdict | None = None
    export: ExportVerdict | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    baseline_metrics: Mapping[str, float] = field(default_factory=dict)
    data: DataFacts = field(default_factory=DataFacts)
    training: TrainingFacts = field(default_factory=TrainingFacts)
    serving: ServingFacts = field(default_factory=ServingFacts)
    steps: tuple[StepFacts, ...] = ()
    artifacts: tuple[ArtifactFacts, ...] = ()
    environment: EnvironmentFacts = field(default_factory=EnvironmentFacts)
    config: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    min_rows: int = 5
    format: int = FORMAT
