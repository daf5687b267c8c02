"""What is asked of one step: the command line's words, checked against the pipeline."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.node.ir_file import IrFile
from tfx_pipeline.wording import nearest

LATEST = "latest"
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_WEEK_S = 7 * 24 * 3600


@dataclass(frozen=True)
class NodeRequest:
    """What is to be run.

    Attributes:
        ir: place of the IR file.
        node_id: the step.
        run_id: of the run that it belongs to.
        reuse: run from which upstream steps are taken that this run lacks; `latest`: the newest
            that has them all; none: they must be done in this run.
        pipeline_root: place of the artifacts; none: the compiled one.
        metadata_url: place of ML Metadata; none: the compiled one.
        overrides: `field=value` each, of fields declared as runtime parameters.
        wait_s: seconds to wait for the upstream steps.
        command: words that a person can type to do the same.
        started: when it was asked, by the monotonic clock.
    """

    ir: str
    node_id: str
    run_id: str
    reuse: str | None = None
    pipeline_root: str | None = None
    metadata_url: str | None = None
    overrides: Sequence[str] = ()
    wait_s: float = 0.0
    command: Sequence[str] = ("tfx-pipeline", "node")
    started: float = field(default_factory=time.monotonic)


def check_request(request: NodeRequest, ir: IrFile) -> None:
    """Refuse what cannot be meant.

    Raises:
        ConfigError: with all problems found.
    """
    problems: list[Problem] = []
    if request.node_id not in ir.upstream:
        nodes = ir.node_ids
        what = f"the pipeline `{ir.name}` has no such step"
        near = nearest(request.node_id, nodes)
        problems.append(Problem(what, "--node-id", request.node_id, ", ".join(nodes), near))
    for name, value in (("run-id", request.run_id), ("reuse", request.reuse)):
        # Clusters give ids with `/`; TFX makes a folder of the id, and removes it.
        is_path = value is not None and {"", ".", ".."} & set(value.split("/"))
        if value is not None and (is_path or not _RUN_ID.fullmatch(value)):
            allowed = (
                "letters, digits, `.`, `_`, `/` and `-`, 200 at most; no part between `/` that is"
                " empty, `.` or `..`"
            )
            problems.append(Problem("not a run id", f"--{name}", value, allowed))
    if request.reuse == request.run_id:
        problems.append(Problem("a run cannot take over its own steps", "--reuse", request.reuse))
    if not 0 <= request.wait_s <= _WEEK_S:
        allowed = "seconds, a week at most"
        problems.append(Problem("not a time", "--wait-s", f"{request.wait_s:g}", allowed))
    if problems:
        raise ConfigError(problems, "the command line cannot be used")
