"""One attempt at one step: what must be done before it, what was left of it, what came of it."""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ml_metadata.metadata_store import MetadataStore

from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.deployment.candidate_server import offered
from tfx_pipeline.deployment.launch import BINARY
from tfx_pipeline.errors import ConfigError, Problem, StepError
from tfx_pipeline.patches.process_settings import fast_imports, log_what_matters
from tfx_pipeline.processes.progress import watched
from tfx_pipeline.processes.waiting_process import WaitingProcess
from tfx_pipeline.runners.metadata.session import MetadataSession
from tfx_pipeline.runners.metadata.step_records import StepRecords
from tfx_pipeline.runners.node.ir_file import IrFile
from tfx_pipeline.runners.node.launch import NodeLaunch, TakenOverError
from tfx_pipeline.runners.node.node_lock import hold_node
from tfx_pipeline.runners.node.outcome_line import StepResult, line_of_attempt, push_refusals
from tfx_pipeline.runners.node.request import LATEST, NodeRequest, check_inputs
from tfx_pipeline.runners.node.run_steps import NOT_STARTED, RunSteps
from tfx_pipeline.runners.node.sigterm import Sigterm, sigterm_came, sigterm_ignored
from tfx_pipeline.runners.steps.console import RunConsole, StepLine
from tfx_pipeline.runners.steps.failure import explain_failure
from tfx_pipeline.runners.steps.rerun_reason import NOT_RUN

_LOG = logging.getLogger(__name__)
_RUN_USER_CODE = {"Transform", "Trainer"}
_POLL_S = 0.5
_POLL_FILE_S = 0.05


class NodeAttempt:
    """One attempt at one step, whose request was checked."""

    def __init__(
        self, ir: IrFile, request: NodeRequest, metadata: MetadataConfig, console: RunConsole
    ) -> None:
        self._ir, self._request = ir, request
        self._metadata, self._console = metadata, console
        self._session = MetadataSession(metadata)
        self._launch = NodeLaunch(ir, request.node_id, request.run_id, request.pipeline_root)
        self._known: dict[int, str] = {}
        self._began = False

    def run(self) -> StepResult:
        """Run the step, unless it is done.

        Raises:
            PipelineError: it cannot be run, it failed, or it is a gate and refused.
        """
        log_what_matters()
        request = self._request
        with hold_node(self._metadata, self._ir.name, request.run_id, request.node_id):
            if self._is_done():
                return self._show(before=True)
            deadline = time.monotonic() + request.wait_s
            check_inputs(self._ir, request.node_id)
            missing = self._missing()
            if missing and not request.wait_s:
                raise self._not_yet(missing)
            try:
                with self._ready_server():
                    self._prepare()  # while the steps before it work
                    if missing:
                        self._wait_until(deadline)
                    self._work()
            except TakenOverError:
                if not self._finished():
                    raise
                return self._show(before=True)
            except BaseException as error:
                closed = self._close_after(error)
                if closed is error:
                    raise
                raise closed from error
            return self._show(before=False)

    @contextlib.contextmanager
    def _ready_server(self) -> Iterator[None]:
        """Let the server of InfraCheck import TensorFlow while this process waits."""
        config = self._ir.config
        kind = config.push.infra_check.server if config else "none"
        embedded = kind == "embedded" or (kind == "auto" and shutil.which(BINARY) is None)
        if self._request.node_id != "InfraCheck" or not embedded:
            yield
            return
        # No fork: connections to ML Metadata are open here.
        process = WaitingProcess("model server", "spawn", ("tfx_pipeline.serving.assembly",))
        with contextlib.closing(process), offered(process):
            yield

    def _is_done(self) -> bool:
        """Look the step up; close what a killed attempt left open, since we hold the step."""
        with self._session as session:
            steps = self._steps(session.store)
            steps.check_owner()
            if steps.done(self._request.node_id):
                return True
            closed = self._close_open(steps)
        if closed:
            self._console.line("  an earlier attempt was cut off: what it left was removed")
        return False

    def _close_open(self, steps: RunSteps, *, failed: bool = False) -> int:
        launch, node_id = self._launch, self._request.node_id
        return steps.close_open(node_id, launch.pipeline_root, launch.outputs, failed=failed)

    def _steps(self, metadata: MetadataStore) -> RunSteps:
        return RunSteps(metadata, self._ir.name, self._request.run_id, self._known)

    def _missing(self) -> dict[str, str]:
        """Name the steps that must be done first, after `--reuse` has taken over what it can."""
        with self._session as session:
            steps = self._steps(session.store)
            if self._request.reuse is None:
                return steps.missing(self._ir.upstream[self._request.node_id])
            missing = steps.missing(self._ir.ancestors(self._request.node_id))
            absent = [node_id for node_id, standing in missing.items() if standing == NOT_STARTED]
            if absent:
                base_run = self._base_run(session.store, absent)
                self._launch.take_over(session, base_run, absent)
                names = ", ".join(absent)
                self._console.line(f"  taken from run {base_run}: {names}")
            return {node_id: missing[node_id] for node_id in missing if node_id not in absent}

    def _base_run(self, metadata: MetadataStore, needed: list[str]) -> str:
        """Name the run that steps are taken from."""
        view = self._view(metadata)
        wanted = self._request.reuse
        found = view.latest_run_with(needed, None if wanted == LATEST else wanted)
        if found is None:
            which = "no earlier run has" if wanted == LATEST else f"run {wanted} has not"
            problem = Problem(
                f"{which} finished all of these steps, or their files are gone",
                "--reuse",
                ", ".join(needed),
                next_step="run these steps, or name another run",
            )
            raise ConfigError([problem], "there is nothing to go on from")
        return found

    def _wait_until(self, deadline: float) -> None:
        """Wait for the steps before this one."""
        known: int | None = None
        missing: Mapping[str, str] = {}
        while True:
            written = self._last_written()
            if written is None or written != known:
                known = written
                missing = self._missing()
            if not missing:
                return
            if time.monotonic() >= deadline:
                raise self._not_yet(missing)
            time.sleep(_POLL_S if written is None else _POLL_FILE_S)

    def _last_written(self) -> int | None:
        """Say when a file with metadata was written last: a look at it costs nothing."""
        if self._metadata.kind != "sqlite":
            return None
        return os.stat(self._metadata.path).st_mtime_ns

    def _not_yet(self, missing: Mapping[str, str]) -> StepError:
        request = self._request
        waited = f", after {request.wait_s:g} s" if request.wait_s else ""
        problems = [
            Problem(f"it needs {node_id}, which is not done in run {request.run_id}: {standing}")
            for node_id, standing in missing.items()
        ]
        last = problems.pop()
        next_step = "run that first, or take it from an earlier run: --reuse latest"
        problems.append(replace(last, next_step=next_step))
        return StepError(problems, f"{request.node_id} cannot run yet{waited}")

    def _prepare(self) -> None:
        """Import what the step runs: of a small step's time, that is the most."""
        runs_user_code = not _RUN_USER_CODE.isdisjoint(self._request.together)
        with fast_imports():
            self._launch.import_executor(runs_user_code=runs_user_code)
        if self._ir.config:
            self._launch.set_fingerprint(self._ir.config)

    def _work(self) -> None:
        with self._session as session:
            self._view(session.store).retire_missing_artifacts(self._request.node_id)
        self._began = True
        with watched(lambda words: None):  # the log, which is all there is, gets lines of progress
            self._launch.launch(self._session)
        if not self._finished():
            raise LookupError(NOT_RUN)

    def _finished(self) -> bool:
        with self._session as session:
            return self._steps(session.store).done(self._request.node_id) is not None

    def _close_after(self, error: BaseException) -> BaseException:
        """Close the attempt that ended so, if it had begun; give the error for the user."""
        node_id = self._request.node_id
        if sigterm_came():
            error = Sigterm()
        failed = isinstance(error, Exception)
        if self._began:
            with sigterm_ignored(), self._session as session:
                self._close_open(self._steps(session.store), failed=failed)
        if not isinstance(error, Exception):
            return error
        if self._began:
            _LOG.error("step %s failed", node_id, exc_info=error)
            self._console.step(StepLine(node_id, "failed", self._seconds))
        root = self._ir.config.root if self._ir.config else Path.cwd()
        return explain_failure(node_id, error, root, shlex.join(self._request.command))

    def _show(self, *, before: bool) -> StepResult:
        """Print the line, and why nothing was pushed."""
        node_id, run_id = self._request.node_id, self._request.run_id
        with self._session as session:
            view = self._view(session.store)
            cache = not self._ir.config or self._ir.config.environment.cache
            line = line_of_attempt(view, node_id, run_id, self._seconds, before=before, cache=cache)
            refusals = push_refusals(view, node_id, run_id)
        self._console.step(line)
        for problem in refusals:
            self._console.problem(problem)
        return StepResult(line, refusals, before)

    def _view(self, metadata: MetadataStore) -> StepRecords:
        return StepRecords(metadata, self._ir.name, Path(self._launch.pipeline_root))

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._request.started
