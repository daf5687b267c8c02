"""What is asked of one step: the command line's words, checked against the pipeline."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tfx_pipeline.config.loader import parse_override, validated
from tfx_pipeline.config.yaml_source import YamlSource
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.node.ir_file import IrFile
from tfx_pipeline.storage.fileio import exists
from tfx_pipeline.wording import nearest

LATEST = "latest"
_PARAMETERS = "environment.runtime_parameters"
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_WEEK_S = 7 * 24 * 3600


@dataclass(frozen=True)
class NodeRequest:
    """What is to be run.

    Attributes:
        ir: place of the IR file.
        node_ids: the steps; several are run one after the other, by one process.
        run_id: of the run that they belong to.
        reuse: run from which upstream steps are taken that this run lacks; `latest`: the newest
            that has them all; none: they must be done in this run.
        pipeline_root: place of the artifacts; none: the compiled one.
        metadata_url: place of ML Metadata; none: the compiled one.
        overrides: `field=value` each, of fields declared as runtime parameters.
        wait_s: seconds to wait for the upstream steps.
        command: words that a person can type to do the same.
        started: when it was asked, by the monotonic clock.
        together: of a request for one step, all steps that its process runs.
    """

    ir: str
    node_ids: Sequence[str]
    run_id: str
    reuse: str | None = None
    pipeline_root: str | None = None
    metadata_url: str | None = None
    overrides: Sequence[str] = ()
    wait_s: float = 0.0
    command: Sequence[str] = ("tfx-pipeline", "node")
    started: float = field(default_factory=time.monotonic)
    together: Sequence[str] = ()

    @property
    def node_id(self) -> str:
        """The step, of a request for one."""
        (node_id,) = self.node_ids
        return node_id

    def for_steps(self, ir: IrFile) -> list[NodeRequest]:
        """Give a request for each step, those upstream first."""
        together = [node_id for node_id in ir.node_ids if node_id in self.node_ids]
        return [replace(self, node_ids=(each,), together=together) for each in together]


def is_run_id(text: str) -> bool:
    """Say whether a text can be the id of a run.

    Clusters give ids with `/`; TFX makes a folder of the id, and removes it.
    """
    is_path = {"", ".", ".."} & set(text.split("/"))
    return not is_path and _RUN_ID.fullmatch(text) is not None


def check_request(request: NodeRequest, ir: IrFile) -> None:
    """Refuse what cannot be meant.

    Raises:
        ConfigError: with all problems found.
    """
    problems: list[Problem] = []
    nodes = ir.node_ids
    for node_id in request.node_ids:
        if node_id not in nodes:
            what = f"the pipeline `{ir.name}` has no such step"
            near = nearest(node_id, nodes)
            problems.append(Problem(what, "--node-id", node_id, ", ".join(nodes), near))
    for name, value in (("run-id", request.run_id), ("reuse", request.reuse)):
        if value is not None and not is_run_id(value):
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


def overridden(ir: IrFile, overrides: Sequence[str]) -> IrFile:
    """Give the pipeline with these values; the same object when they are the compiled ones.

    Raises:
        ConfigError: a field is not declared, or cannot have the value.
    """
    if not overrides:
        return ir
    if ir.config is None:
        what = "this IR holds no configuration that could be changed"
        raise ConfigError([Problem(what, ir.place)], "--set cannot be used")
    declared = ir.config.environment.runtime_parameters
    problems = [
        _undeclared(word, field, declared)
        for word in overrides
        if (field := word.partition("=")[0]) not in declared
    ]
    if problems:
        raise ConfigError(problems, "--set cannot be used")
    values: dict[str, Any] = ir.config.model_dump(mode="json", exclude_unset=True)
    source = YamlSource(values, {})
    for word in overrides:
        source = source.overlay(parse_override(word))
    config = validated(source, ir.place)
    config._root = ir.config.root
    if config == ir.config:
        return ir
    return ir.with_config(config)


def _undeclared(word: str, field: str, declared: Sequence[str]) -> Problem:
    return Problem(
        f"`{field}` is not a runtime parameter of this pipeline",
        f"--set {word}",
        allowed=", ".join(declared) or f"nothing: {_PARAMETERS} is empty",
        next_step=nearest(field, declared) or f"declare it in {_PARAMETERS}, and compile again",
    )


def check_inputs(ir: IrFile, node_id: str) -> None:
    """Refuse to begin without what a step reads from outside, in clearer words than TFX's.

    Raises:
        ConfigError: it is not there.
    """
    inputs = ir.inputs
    read_by = {
        "CsvExampleGen": inputs and inputs.table_folder,
        "ImportSchemaGen": inputs and inputs.schema_file,
    }
    place = read_by.get(node_id)
    if place and not exists(place):
        next_step = "bring it there: tfx-pipeline compile --upload, with the same configuration"
        problem = Problem("what this step reads is not there", place, next_step=next_step)
        raise ConfigError([problem], f"{node_id} cannot run")
