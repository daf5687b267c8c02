"""What ModelRiskAssessor is told: the checks of the configuration, and what the features are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tfx_pipeline.evaluation.risk.findings import CheckName


@dataclass(frozen=True)
class RiskSettings:
    """Settings of the component; see `config.sections.risk`.

    Attributes:
        pipeline: its name.
        task: of the model.
        classes: names of the classes, in the order of their ids; none of regression.
        checks: section of each check, by its name.
        accepted: entries of `risk.accepted`.
        sample_rows: of a split that are looked at, at most.
        seed: of all that is random.
        features: kind of each feature, by column; of a lookup's key, `lookup`.
        marks: by column, the cells that mean "missing".
        clusters: columns whose values tie rows together; none: each row is its own.
        divided_by_chance: whether a row's split says nothing of its place in the table.
        learning: settings of the Trainer; None: nobody knows how a model of one's own is fitted.
    """

    pipeline: str
    task: str
    classes: tuple[str, ...]
    checks: Mapping[CheckName, Mapping[str, Any]]
    accepted: tuple[Mapping[str, Any], ...] = ()
    sample_rows: int = 10_000
    seed: int = 0
    features: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    clusters: tuple[str, ...] = ()
    divided_by_chance: bool = True
    learning: Mapping[str, Any] | None = None

    def to_json(self) -> str:
        """Write it as one text, for an execution property."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> RiskSettings:
        """Read what `to_json` wrote."""
        values = json.loads(text)
        tuples = {name: tuple(values[name]) for name in ("classes", "accepted", "clusters")}
        marks = {name: tuple(each) for name, each in values["marks"].items()}
        return cls(**{**values, **tuples, "marks": marks})
