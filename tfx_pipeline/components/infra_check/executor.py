"""Proof, before the push, that a server answers with the candidate as the training did.

In the place of TFX's InfraValidator, and with the same output; that one proves that a model loads
and answers something, this one that it answers what it must, and how fast.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from tfx_pipeline.components.artifacts import (
    BLESSED,
    CURRENT_MODEL_ID,
    FINDINGS_FILE,
    INFRA_BLESSED_FILE,
    INFRA_NOT_BLESSED_FILE,
)
from tfx_pipeline.components.infra_check.served_answers import Findings, check_answers
from tfx_pipeline.deployment.candidate_server import ServerFailedError, serving
from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.examples.splits import EVAL
from tfx_pipeline.modules.smoke_rows import SmokeRows, read_smoke_rows, shown
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.storage.artifact_staging import Artifacts, local_artifacts, uri_of
from tfx_pipeline.storage.local_files import write_json


class InfraCheckExecutor(base_executor.BaseExecutor):
    """Serves the candidate, asks it, and blesses it or not."""

    READS_LATER = ("examples",)  # see `artifact_staging`

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Check the model; whatever is wrong with it ends in the blessing.

        Raises:
            PipelineError: the server that is asked for is not there.
        """
        model = artifact_utils.get_single_instance(input_dict["model"])
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        with local_artifacts({"model": [model]}, output_dict):
            folder = Path(
                path_utils.serving_model_path(model.uri, path_utils.is_old_model_artifact(model))
            )
            findings = Findings()
            try:
                rows = read_smoke_rows(folder)
            except (FileNotFoundError, ValueError) as error:
                next_step = "write them in the run_fn, by tfx_pipeline.modules.smoke_rows"
                text = str(error).replace(str(folder), uri_of(str(folder)))
                what = f"the model carries no rows to ask it: {text}"
                findings.problems.append(Problem(what, uri_of(str(folder)), next_step=next_step))
            else:
                findings.problems += _not_finite(rows)
            if not findings.problems:
                _check(folder, rows, input_dict["examples"], exec_properties, findings)
            _write(blessing, model, findings)


def _not_finite(rows: SmokeRows) -> Iterator[Problem]:
    """Refuse a model that answered a smoke row with NaN or infinity, in training already."""
    for number, (instance, prediction) in enumerate(
        zip(rows.instances, rows.predictions, strict=True)
    ):
        for output, value in prediction.items():
            values = value if isinstance(value, list) else [value]
            if all(math.isfinite(x) for x in values if isinstance(x, float)):
                continue
            change = rows.change(number)
            row = f"row {number} of the eval split"
            row = f"a row of the eval split with {change}" if change else row
            sent = ", ".join(f"{name}={x!r}" for name, x in list(instance.items())[:4])
            yield Problem(
                "the model answers with no finite number",
                f"{row}, output `{output}`",
                f"{shown(value)} for {sent}{', …' if len(instance) > 4 else ''}",
                "finite numbers",
                "look for a division by 0, a logarithm or an overflow in what is computed from"
                " these features",
            )
            return


def _check(
    folder: Path,
    rows: SmokeRows,
    examples: Sequence[types.Artifact],
    settings: dict[str, Any],
    findings: Findings,
) -> None:
    same_rows = partial(_serialized, examples, rows.unchanged)
    timeout_s = settings["load_timeout_s"]
    try:
        with serving(settings["server"], folder, settings["model_name"], timeout_s) as served:
            check_answers(served, rows, same_rows, findings)
    except ServerFailedError as error:
        next_step = "if it only takes long: raise push.infra_check.load_timeout_s"
        findings.problems.append(Problem(str(error), uri_of(str(folder)), next_step=next_step))
    except ServingError as error:
        problem = Problem("the server answers nothing", uri_of(str(folder)), str(error))
        findings.problems.append(problem)
    if not findings.problems:
        findings.problems += _too_slow(findings, settings.get("max_latency_ms"))


def _serialized(examples: Sequence[types.Artifact], count: int) -> list[bytes]:
    """Read the first rows of the eval split, in the order in which the training reads it."""
    from tfx_pipeline.modules.model.transformed_rows import serialized_rows

    with local_artifacts({"examples": examples}, {}):
        folder = artifact_utils.get_split_uri(examples, EVAL)
        return list(serialized_rows([f"{folder}/*"]).take(count).as_numpy_iterator())


def _too_slow(findings: Findings, max_latency_ms: float | None) -> Iterator[Problem]:
    for way in ("rest", "grpc"):
        median = findings.latencies_ms[f"{way}_p50"]
        if max_latency_ms is not None and median > max_latency_ms:
            yield Problem(
                f"a request of one row takes too long by {way}",
                findings.server,
                f"{median:.2f} ms, the median",
                f"at most {max_latency_ms:g} ms",
                "make the model smaller, or raise push.infra_check.max_latency_ms",
            )


def _write(blessing: types.Artifact, model: types.Artifact, findings: Findings) -> None:
    """Write the blessing with the names of TFX's InfraValidator, and the findings beside it."""
    folder = Path(blessing.uri)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / FINDINGS_FILE, asdict(findings))
    (folder / (INFRA_NOT_BLESSED_FILE if findings.problems else INFRA_BLESSED_FILE)).touch()
    blessing.set_int_custom_property(BLESSED, int(not findings.problems))
    blessing.set_int_custom_property(CURRENT_MODEL_ID, model.id)
    blessing.set_string_custom_property("server", findings.server)
    blessing.set_int_custom_property("rows", findings.rows)
    figures = {"largest_difference": findings.largest_difference, **findings.latencies_ms}
    for name, figure in figures.items():
        if math.isfinite(figure):  # ML Metadata stores no other
            blessing.set_float_custom_property(name, figure)
