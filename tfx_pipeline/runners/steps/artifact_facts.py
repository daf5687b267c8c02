"""What a step's artifacts say: of rows, columns, anomalies, gates and the pushed version."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from tfx_pipeline.components.artifacts import (
    BLESSED_FILE,
    FINDINGS_FILE,
    INFRA_BLESSED_FILE,
    PUSHED_DESTINATION,
    SPLIT_PROOF,
)
from tfx_pipeline.components.data_gate.anomalies import read_anomalies
from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.needs import SPLITS
from tfx_pipeline.ingestion.schema import SCHEMA_FILE, parse_schema
from tfx_pipeline.modules.trials.findings import in_words, read_findings
from tfx_pipeline.runners.metadata.step_records import StepRecord, custom_text
from tfx_pipeline.runners.steps.export_facts import exporter_facts, pushed_formats
from tfx_pipeline.wording import counted

if TYPE_CHECKING:  # they import NumPy, which most steps have no use for
    from tfx_pipeline.evaluation.data_verdict import DataVerdict
    from tfx_pipeline.evaluation.risk.findings import RiskVerdict
    from tfx_pipeline.evaluation.verdict import Verdict


def describe_artifacts(node_id: str, record: StepRecord) -> str:
    """Describe a finished step in a few words; empty for one that this module does not know."""
    describe = _FACTS.get(node_id)
    return describe(record) if describe else ""


def rows_per_split(statistics: Path) -> dict[str, int]:
    """Read the number of rows of each split from StatisticsGen's output folder."""
    rows = {}
    folders = {x.name.removeprefix("Split-"): x for x in statistics.glob("Split-*")}
    for split in sorted(folders, key=_split_place):
        content = (folders[split] / "FeatureStats.pb").read_bytes()
        stats = statistics_pb2.DatasetFeatureStatisticsList.FromString(content)
        rows[split] = int(stats.datasets[0].num_examples)
    return rows


def read_schema(folder: Path) -> schema_pb2.Schema:
    """Read the schema in the folder of a Schema artifact."""
    file = folder / SCHEMA_FILE
    return parse_schema(file.read_bytes(), str(file))


def _statistics_facts(record: StepRecord) -> str:
    rows = rows_per_split(_folder(record, "statistics"))
    return ", ".join(f"{split} {count:,} rows" for split, count in rows.items())


def _schema_facts(record: StepRecord) -> str:
    return f"{len(read_schema(_folder(record, 'schema')).feature)} columns"


def _validator_facts(record: StepRecord) -> str:
    splits = read_anomalies(_folder(record, "anomalies"))
    count = sum(len(x.anomaly_info) + len(x.dataset_anomaly_info.reason) for _, x in splits)
    return f"{count} anomalies" if count else "no anomalies"


def _data_resolver_facts(record: StepRecord) -> str:
    found = record.outputs.get("reference")
    return f"reference: blessing {found[0].id}" if found else "no reference yet: no other data"


def _data_gate_facts(record: StepRecord) -> str:
    verdict = data_verdict_of(record)
    if verdict is None or not verdict.warnings:
        return "blessed"
    checks = dict.fromkeys(each.check for each in verdict.findings)
    return f"blessed, {counted(len(verdict.warnings), 'warning')}: {', '.join(checks)}"


def data_verdict_of(gate: StepRecord) -> DataVerdict | None:
    """Read what was measured of data that passed; None of a step of an older version."""
    from tfx_pipeline.evaluation.data_verdict import DataVerdict

    folder = gate.output("blessing")
    try:
        return DataVerdict.read(folder) if folder is not None else None
    except FileNotFoundError:
        return None


def _resolver_facts(record: StepRecord) -> str:
    models = record.outputs.get("model")
    return (
        f"baseline: model {models[0].id}" if models else "no baseline yet: no other blessed model"
    )


def _evaluator_facts(record: StepRecord) -> str:
    if is_blessed(record):
        return "blessed"
    from tfx_pipeline.evaluation.verdict import Verdict

    try:
        first = Verdict.read(_folder(record, "blessing")).refusals[0]
    except (FileNotFoundError, IndexError):
        return "refused"
    return f"refused: {first.what}"


def verdict_of(evaluator: StepRecord) -> Verdict:
    """Read the verdict; of a step that wrote none (of an older version), no more than whether."""
    from tfx_pipeline.evaluation.verdict import Verdict

    folder = evaluator.output("blessing")
    try:
        if folder is not None:
            return Verdict.read(folder)
    except FileNotFoundError:
        pass
    if is_blessed(evaluator):
        return Verdict(True, "")
    problem = Problem("the Evaluator did not bless the model", next_step="run it: --from Evaluator")
    return Verdict(False, "", refusals=[problem])


def is_blessed(evaluator: StepRecord) -> bool:
    """Say whether Evaluator blessed the model."""
    return (_folder(evaluator, "blessing") / BLESSED_FILE).exists()


def _risk_facts(record: StepRecord) -> str:
    """Count the checks by what came of them."""
    verdict = risk_verdict_of(record)
    if verdict is None:
        return ""
    answers = [x.answer if x.accepted is None else "accepted" for x in verdict.checks]
    shown = ("passed", "warned", "refused", "accepted", "not applicable")
    counts = [f"{answers.count(answer)} {answer}" for answer in shown if answer in answers]
    return f"{counted(len(answers), 'check')}: {', '.join(counts)}"


def risk_verdict_of(assessor: StepRecord) -> RiskVerdict | None:
    """Read what the risk checks found; None where the file is gone."""
    from tfx_pipeline.evaluation.risk.findings import RiskVerdict

    try:
        return RiskVerdict.read(_folder(assessor, "risk"))
    except FileNotFoundError:
        return None


def pushed_version(pusher: StepRecord) -> Path | None:
    """Give the folder of the pushed version; None when nothing was pushed."""
    artifact = pusher.outputs["pushed_model"][0]
    destination = custom_text(artifact, PUSHED_DESTINATION)
    return Path(destination) if destination else None


def _infra_facts(record: StepRecord) -> str:
    findings = infra_findings(record)
    if findings is None:  # of TFX's InfraValidator
        return "blessed" if is_infra_blessed(record) else "refused"
    if findings["problems"]:
        return f"refused, {findings['server']}".rstrip(", ")
    return (
        f"{findings['rows']} rows by REST and gRPC, largest difference"
        f" {findings['largest_difference']:.1g}, p50 {findings['latencies_ms']['rest_p50']:.1f} ms,"
        f" {findings['server']}"
    )


def infra_findings(check: StepRecord) -> dict[str, Any] | None:
    """Read what InfraCheck found (`infra_check.served_answers.Findings`); None of another check."""
    file = _folder(check, "blessing") / FINDINGS_FILE
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def is_infra_blessed(check: StepRecord) -> bool:
    """Say whether the infrastructure check blessed the model."""
    return (_folder(check, "blessing") / INFRA_BLESSED_FILE).exists()


def infra_refusals(check: StepRecord) -> list[Problem]:
    """Say why the infrastructure check refused the model."""
    findings = infra_findings(check)
    if findings is not None:
        return [Problem(**problem) for problem in findings["problems"]]
    what = "the server in the container did not load the model, or did not answer"
    return [Problem(what, "InfraValidator", next_step="see the run's log")]


def _pusher_facts(record: StepRecord) -> str:
    version = pushed_version(record)
    if version is None:
        return "nothing pushed"
    formats = pushed_formats(record)
    return f"version {version.name}" + (f", with {', '.join(formats)}" if formats else "")


def _folder(record: StepRecord, output: str) -> Path:
    folder = record.output(output)
    if folder is None:
        raise LookupError(f"the step has no output called {output}")
    return folder


def _split_place(name: str) -> tuple[int, str]:
    """Say where a split stands among others."""
    return (SPLITS.index(name) if name in SPLITS else len(SPLITS), name)


def _example_facts(record: StepRecord) -> str:
    """Say that nothing is in two splits, where that was counted."""
    from tfx_pipeline.ingestion.examples.split_proof import SplitProof

    text = custom_text(record.outputs["examples"][0], SPLIT_PROOF)
    if not text:
        return ""
    proof = SplitProof(**json.loads(text))
    doubles = proof.rows - proof.different_rows
    parts = [f"{counted(doubles, 'duplicate')}" if doubles else "", "no row in two splits"]
    if proof.keys:
        parts[1] = f"no row and none of {proof.keys:,} keys in two splits"
    if proof.share < 1:
        parts[1] += f" (of a sample: {proof.share:.0%})"
    return ", ".join(filter(None, parts))


def _tuner_facts(record: StepRecord) -> str:
    return "; ".join(map(in_words, read_findings(_folder(record, "tuner_results"))))


_FACTS: dict[str, Callable[[StepRecord], str]] = {
    "CsvExampleGen": _example_facts,
    "StatisticsGen": _statistics_facts,
    "SchemaGen": _schema_facts,
    "ImportSchemaGen": _schema_facts,
    "ExampleValidator": _validator_facts,
    "latest_blessed_data_resolver": _data_resolver_facts,
    "DataGate": _data_gate_facts,
    "Tuner": _tuner_facts,
    "latest_blessed_model_resolver": _resolver_facts,
    "Evaluator": _evaluator_facts,
    "ModelRiskAssessor": _risk_facts,
    "InfraCheck": _infra_facts,
    "InfraValidator": _infra_facts,
    "FormatExporter": exporter_facts,
    "Pusher": _pusher_facts,
}
