"""What the risk checks found, and what came of that: as plain values.

Terms:
    severity: what happens when a check finds something: `error` refuses the model, `warn` says it,
        `off`: the check is not made.
    accepted: somebody took the risk, and said why; a refusal is then said and stops nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from tfx_pipeline.errors import Problem
from tfx_pipeline.storage.local_files import write_atomically
from tfx_pipeline.wording import counted

RISK_FILE = "model_risk.json"
"""In the folder of the `ModelRisk` artifact: `RiskVerdict` as JSON."""

Severity = Literal["error", "warn", "off"]
CheckName = Literal[
    "fairness",
    "robustness",
    "attack",
    "rules",
    "worst_rows",
    "membership",
    "extraction",
    "importance",
    "shift",
]
CHECKS: tuple[CheckName, ...] = get_args(CheckName)
"""In the order in which they are made and shown."""
CHECK_MODULES: Mapping[CheckName, str] = {name: f"{__package__}.{name}" for name in CHECKS}
"""Where `check(subject, settings)` of each check is; imported when it is made."""
Answer = Literal["passed", "warned", "refused", "not applicable"]


@dataclass(frozen=True)
class Finding:
    """One thing that a check found to be beyond its threshold.

    Attributes:
        figure: what was measured.
        threshold: what is allowed.
        problem: what it is, in the user's terms, with the next step.
        subject: the feature, group or rule that it is about; empty: the whole model.
    """

    figure: float
    threshold: float
    problem: Problem
    subject: str = ""


@dataclass(frozen=True)
class Acceptance:
    """Somebody's word that a risk is taken."""

    check: CheckName
    reason: str
    by: str
    on: str
    """Date, ISO 8601."""


@dataclass(frozen=True)
class CheckResult:
    """What came of one check.

    Attributes:
        check: its name.
        answer: `passed`, `warned`, `refused` or `not applicable`.
        summary: one sentence with the figure that matters most; or why it does not apply.
        source: publication or definition that the figures follow.
        assumption: what must hold for them to mean something.
        limit: what it cannot see.
        findings: what is beyond a threshold, worst first.
        figures: all that was measured: tables as lists of equal dictionaries, by name; of plain
            values, JSON-able, at most some hundred rows each: the report shows them.
        seconds: that it took.
        accepted: who took the risk, if somebody did.
    """

    check: CheckName
    answer: Answer
    summary: str
    source: str = ""
    assumption: str = ""
    limit: str = ""
    findings: tuple[Finding, ...] = ()
    figures: Mapping[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    seconds: float = 0.0
    accepted: Acceptance | None = None


@dataclass(frozen=True)
class RiskVerdict:
    """Whether nothing refuses the model, and all that was measured.

    Attributes:
        pipeline: whose model it is.
        rows: of the eval split that were looked at.
        checks: in the order of `CHECKS`.
        notes: what else a reader must know.
    """

    pipeline: str
    rows: int
    checks: tuple[CheckResult, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def refusals(self) -> list[Problem]:
        """Why the model is not blessed; empty: it is."""
        return [
            finding.problem
            for check in self.checks
            if check.answer == "refused" and check.accepted is None
            for finding in check.findings
        ]

    @property
    def warnings(self) -> list[str]:
        """What is worth knowing and stops nothing, a line a check; and the risks that are taken."""
        said = [f"risk, {x.check}: {_found(x)}" for x in self.checks if x.answer == "warned"]
        said += [f"risk, {words_of(x)}" for x in self.accepted]
        return [*said, *self.notes]

    @property
    def accepted(self) -> list[Acceptance]:
        """Who took which risk."""
        return [check.accepted for check in self.checks if check.accepted]

    def write(self, folder: Path) -> None:
        """Write it into the artifact's folder; a number that is not finite is written as null."""
        text = json.dumps(_plain(asdict(self)), indent=1, allow_nan=False, ensure_ascii=False)
        write_atomically(folder / RISK_FILE, text)

    @classmethod
    def read(cls, folder: Path) -> RiskVerdict:
        """Read what `write` wrote; a figure that was not finite is NaN."""
        return cls.parse((folder / RISK_FILE).read_bytes())

    @classmethod
    def parse(cls, text: bytes) -> RiskVerdict:
        """Read the text of the file."""
        values = json.loads(text)
        checks = tuple(_result(each) for each in values["checks"])
        return cls(**{**values, "checks": checks, "notes": tuple(values["notes"])})


def _found(check: CheckResult) -> str:
    """Say the worst of what a check found, and how much more there is."""
    problem = check.findings[0].problem
    words = f"{problem.what}: {problem.received}" if problem.received else problem.what
    more = len(check.findings) - 1
    return f"{words}; and {counted(more, 'other finding')}" if more else words


def words_of(acceptance: Acceptance) -> str:
    """Say who took a risk, when and why."""
    return f"{acceptance.check} accepted by {acceptance.by} on {acceptance.on}: {acceptance.reason}"


def _result(values: Mapping[str, Any]) -> CheckResult:
    findings = tuple(
        Finding(
            **{
                **each,
                "problem": Problem(**each["problem"]),
                **{x: math.nan for x in ("figure", "threshold") if each[x] is None},
            }
        )
        for each in values["findings"]
    )
    accepted = Acceptance(**values["accepted"]) if values["accepted"] else None
    return CheckResult(**{**values, "findings": findings, "accepted": accepted})


def _plain(value: Any) -> Any:
    """Make what JSON knows of NumPy's values and of numbers that are not finite."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if hasattr(value, "tolist"):  # of NumPy, which whoever reads a configuration does not import
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):  # of a cell that is no UTF-8
        return value.encode("utf-8", "backslashreplace").decode()
    return value


def answer_of(severity: Severity, findings: tuple[Finding, ...]) -> Answer:
    """Say what findings come to."""
    if not findings:
        return "passed"
    return "refused" if severity == "error" else "warned"
