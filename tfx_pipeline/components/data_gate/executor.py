"""The gate that ExampleValidator lacks: bad data stop the run before training."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from tfx_pipeline.components.artifacts import (
    BLESSED,
    BLESSED_FILE,
    EXAMPLES_FINGERPRINT,
    EXAMPLES_ID,
    INPUT_FINGERPRINT,
)
from tfx_pipeline.components.data_gate.measure import measure
from tfx_pipeline.components.data_gate.read_columns import as_read
from tfx_pipeline.components.data_gate.samples import Sample, read_sample
from tfx_pipeline.components.data_gate.settings import CheckSettings
from tfx_pipeline.components.data_gate.severities import anomaly_findings
from tfx_pipeline.errors import DataError
from tfx_pipeline.evaluation.data_verdict import DATA_VERDICT_FILE, DataVerdict
from tfx_pipeline.ingestion.examples.splits import TRAIN
from tfx_pipeline.ingestion.versions.row_counts import rows_of_splits
from tfx_pipeline.processes.progress import progress_begins
from tfx_pipeline.storage import fileio
from tfx_pipeline.storage.artifact_staging import Artifacts, local_artifacts, uri_of
from tfx_pipeline.storage.local_files import make_folder

_LOG = logging.getLogger(__name__)

CHECKS_PROPERTY = "checks"
"""Execution property: `settings.CheckSettings` as JSON."""
REFUSED = "refused"
"""Folder beside the blessings, of the verdicts of data that were refused."""


class DataGateExecutor(base_executor.BaseExecutor):
    """Judges examples by ExampleValidator's anomalies and by their own rows."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Bless the examples.

        Raises:
            DataError: they are refused; what was measured lies in the folder that it names.
        """
        settings = CheckSettings.from_json(exec_properties[CHECKS_PROPERTY])
        blessing = artifact_utils.get_single_instance(list(output_dict["blessing"]))
        place = blessing.uri
        with local_artifacts(input_dict, output_dict):
            verdict = _judge(input_dict, settings)
            if verdict.refusals:
                place = _refusal_place(uri_of(place) if fileio.is_uri(place) else place)
                fileio.write_bytes(place, verdict.to_json().encode())
                raise DataError(verdict.refusals, _title(verdict, place))
            make_folder(Path(blessing.uri))  # on Vertex AI nobody else does
            verdict.write(Path(blessing.uri))
            io_utils.write_string_file(f"{blessing.uri}/{BLESSED_FILE}", "")
        _mark(blessing, artifact_utils.get_single_instance(list(input_dict["examples"])))


def _judge(input_dict: Artifacts, settings: CheckSettings) -> DataVerdict:
    anomalies = list(anomaly_findings(input_dict, settings))
    samples = _samples(input_dict, settings)
    verdict = measure(settings, samples, _reference(input_dict, settings), anomalies)
    for each in (*verdict.warnings, *verdict.notes):
        _LOG.info("%s", each)
    return verdict


def _samples(input_dict: Artifacts, settings: CheckSettings) -> dict[str, Sample]:
    """Read all splits, that of the training first."""
    examples = list(input_dict["examples"])
    names = artifact_utils.decode_split_names(examples[0].split_names)
    columns = len(settings.features)
    progress_begins(rows_of_splits(examples, names))
    samples = {
        name: read_sample(
            Path(artifact_utils.get_split_uri(examples, name)).iterdir(),
            settings.sample_rows,
            columns,
            settings.drift.seed,
        )
        for name in sorted(names, key=lambda name: (name != TRAIN, name))
    }
    return {
        name: replace(sample, columns=as_read(sample.columns, settings.read))
        for name, sample in samples.items()
    }


def _reference(input_dict: Artifacts, settings: CheckSettings) -> DataVerdict | None:
    """Read what was measured of the last data that passed.

    On Vertex AI, whose queries know no pipeline, they may be another's.
    """
    for blessing in input_dict.get("reference", ()):
        try:
            verdict = DataVerdict.read(Path(blessing.uri))
        except FileNotFoundError:  # of an older version of this package
            continue
        if verdict.pipeline == settings.pipeline:
            return verdict
    return None


def _refusal_place(blessing: str) -> str:
    """Say where the verdict on refused data goes.

    TFX removes what a failed step wrote, but for what lies beside it; on Vertex AI, which removes
    nothing, the place of a blessing has no number.
    """
    parent, _, number = blessing.rstrip("/").rpartition("/")
    if not number.isdecimal():
        return fileio.join(blessing, DATA_VERDICT_FILE)
    return fileio.join(parent.rpartition("/")[0], REFUSED, number, DATA_VERDICT_FILE)


def _title(verdict: DataVerdict, place: str) -> str:
    checks = {each.check for each in verdict.findings if each.severity == "error"}
    why = "breaks the schema" if checks == {"anomalies"} else "does not pass the checks"
    return f"the data {why}; nothing was trained or pushed (all that was measured: {place})"


def _mark(blessing: types.Artifact, examples: types.Artifact) -> None:
    """Note which examples were blessed: the next run must not compare data with themselves."""
    blessing.set_int_custom_property(BLESSED, 1)
    blessing.set_int_custom_property(EXAMPLES_ID, examples.id)
    fingerprint = examples.get_string_custom_property(INPUT_FINGERPRINT)
    blessing.set_string_custom_property(EXAMPLES_FINGERPRINT, fingerprint)
