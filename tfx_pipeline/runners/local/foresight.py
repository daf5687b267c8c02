"""Which steps of a run would work, and which would be taken from the cache: needs TFX.

TFX's own launcher decides, on a copy of the metadata: it prepares each step as in a run, resolvers
included. Where it would begin to work, it is stopped, and every step that reads what that step
would make has to work as well.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ml_metadata.metadata_store import MetadataStore
from tfx.orchestration.portable import launcher
from tfx.proto.orchestration import pipeline_pb2

from tfx_pipeline.config.metadata_url import metadata_of
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.patches.process_settings import find_user_modules, log_what_matters
from tfx_pipeline.pipeline.beam_options import default_beam_options
from tfx_pipeline.pipeline.create import create_pipeline
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.pipeline.metadata_connection import connection_config
from tfx_pipeline.pipeline.step_order import RESOLVERS
from tfx_pipeline.runners.local.run_record import RunOptions
from tfx_pipeline.runners.local.tfx_session import ObservedDagRunner, selection
from tfx_pipeline.runners.metadata.step_records import StepRecords
from tfx_pipeline.runners.steps.rerun_reason import rerun_reason

_RUN_ID = "dry-run"


@dataclass(frozen=True)
class ForeseenStep:
    """What a run would do with a step: `works`, or takes it from the cache; and why."""

    id: str
    works: bool
    reason: str


def foresee(config: PipelineConfig, options: RunOptions, table_folder: Path) -> list[ForeseenStep]:
    """Foresee each step that was asked for; nothing is written but in a temporary folder.

    `table_folder` is where the staged copy of the table would be, or is.
    """
    find_user_modules(config.root)
    log_what_matters()
    schema = config.data.schema_file
    inputs = PipelineInputs(str(table_folder), str(config.path(schema)) if schema else None)
    pipeline = create_pipeline(config, inputs, default_beam_options(config))
    with tempfile.TemporaryDirectory(prefix="tfx-dry-run-") as folder:
        copy = Path(folder, "metadata.db")
        original = Path(metadata_of(config).path)
        if original.is_file():
            shutil.copyfile(original, copy)
        connection = connection_config(MetadataConfig(path=str(copy)))
        pipeline.metadata_connection_config = connection
        records = StepRecords(MetadataStore(connection), config.name, config.pipeline_root)
        with contextlib.closing(records):
            records.retire_missing_artifacts()
            runner = _ForesightRunner(config, folder, records, table_folder.is_dir())
            runner.run(pipeline, selection(config, options, records))
        return runner.steps


class _ForesightRunner(ObservedDagRunner):
    """Stops before any step works."""

    def __init__(
        self, config: PipelineConfig, folder: str, records: StepRecords, is_staged: bool
    ) -> None:
        super().__init__(_RUN_ID, lambda _: contextlib.nullcontext())
        self.steps: list[ForeseenStep] = []
        self._made_anew: list[str] = []
        self._cache = config.environment.cache
        self._folder, self._records, self._is_staged = folder, records, is_staged

    def run_with_ir(
        self,
        pipeline: pipeline_pb2.Pipeline,
        run_options: pipeline_pb2.RunOptions | None = None,
    ) -> None:
        """Do what a run does, in a folder that goes away."""
        pipeline.runtime_spec.pipeline_root.field_value.string_value = self._folder
        super().run_with_ir(pipeline, run_options)

    def launch(self, step_launcher: launcher.Launcher, step: pipeline_pb2.PipelineNode) -> None:
        """Foresee one step."""
        node_id = step.node_info.id
        made_anew = [node for node in self._made_anew if node in _makers(step)]
        if node_id == "CsvExampleGen" and not self._is_staged:
            self._add(node_id, "the rows are new")
        elif made_anew:
            self._add(node_id, f"after {', '.join(made_anew)}")
        elif node_id in RESOLVERS:
            step_launcher.launch()
            self.steps.append(ForeseenStep(node_id, True, "always does"))
        elif step_launcher._prepare_execution().is_execution_needed:
            record = self._records.latest(node_id)
            previous = record and self._records.previous(node_id, record)
            reason = rerun_reason(record, previous, cache=self._cache) if record else "first time"
            self._add(node_id, reason.removeprefix("ran: "))
        else:
            self.steps.append(ForeseenStep(node_id, False, "nothing it uses changed"))

    def _add(self, node_id: str, reason: str) -> None:
        self._made_anew.append(node_id)
        self.steps.append(ForeseenStep(node_id, True, reason))


def _makers(step: pipeline_pb2.PipelineNode) -> set[str]:
    """Name the steps whose results a step reads."""
    inputs = step.inputs.inputs.values()
    return {channel.producer_node_query.id for spec in inputs for channel in spec.channels}
