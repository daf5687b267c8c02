"""A compiled pipeline as one JSON document, from which any step can be run anywhere.

Terms:
    IR: TFX's intermediate representation, the proto `tfx.orchestration.Pipeline`.
    IR file: the IR with the configuration and the inputs that it was made from. It holds no
        secret: passwords are read where a step runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tfx_pipeline import __version__
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem, StepError
from tfx_pipeline.patches.light_imports import BeamUse
from tfx_pipeline.pipeline.beam_options import beam_engine
from tfx_pipeline.pipeline.fingerprints import CODE_FINGERPRINT
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.storage.fileio import NoSuchPlaceError, PlaceError, read_bytes

FORMAT = 1
_COMPILE_AGAIN = "compile it again: tfx-pipeline compile --target ir -o FILE"


@dataclass(frozen=True)
class IrFile:
    """What an IR file holds.

    Attributes:
        pipeline: the IR as JSON.
        config: what it was made from; none when the file holds the IR alone, as TFX writes it.
        inputs: what its steps read from outside; none likewise.
        place: where the file is, for messages.
    """

    pipeline: dict[str, Any]
    config: PipelineConfig | None
    inputs: PipelineInputs | None
    place: str

    @property
    def name(self) -> str:
        """Name of the pipeline."""
        return str(self.pipeline["pipelineInfo"]["id"])

    @property
    def node_ids(self) -> list[str]:
        """Ids of the nodes, upstream first."""
        return list(self.upstream)

    @property
    def upstream(self) -> dict[str, list[str]]:
        """Ids of the nodes that each node waits for."""
        nodes = [node["pipelineNode"] for node in self.pipeline["nodes"]]
        return {node["nodeInfo"]["id"]: list(node.get("upstreamNodes", ())) for node in nodes}

    def beam_use(self, node_id: str) -> BeamUse:
        """Say where a node's Beam pipelines work, if it has any."""
        specs = self.pipeline.get("deploymentConfig", {}).get("executorSpecs", {})
        spec = specs.get(node_id, {})
        if not str(spec.get("@type", "")).endswith(".BeamExecutableSpec"):
            return "none"
        return "elsewhere" if beam_engine(tuple(spec.get("beamPipelineArgs", ()))) else "here"

    def ancestors(self, node_id: str) -> list[str]:
        """Ids of the nodes that must be done before a node, upstream first."""
        found: set[str] = set()
        waiting = [node_id]
        while waiting:
            new = set(self.upstream[waiting.pop()]) - found
            found |= new
            waiting.extend(new)
        return [each for each in self.upstream if each in found]

    def with_config(self, config: PipelineConfig) -> IrFile:
        """Compile the pipeline anew from another configuration and the same inputs.

        Nothing is read but this file: steps keep the fingerprints that they were compiled with.
        """
        if self.inputs is None:
            raise ValueError("a bare IR cannot be compiled anew")
        pipeline = _compile(config, self.inputs, self._fingerprints())
        return replace(self, config=config, pipeline=pipeline)

    def _fingerprints(self) -> dict[str, str]:
        """Give the fingerprints of the steps that have one, by id."""
        found = {}
        for node in (each["pipelineNode"] for each in self.pipeline["nodes"]):
            parameters = node.get("parameters", {}).get("parameters", {})
            if CODE_FINGERPRINT in parameters:
                value = parameters[CODE_FINGERPRINT]["fieldValue"]["stringValue"]
                found[str(node["nodeInfo"]["id"])] = str(value)
        return found


def make_ir(config: PipelineConfig, inputs: PipelineInputs) -> str:
    """Compile a pipeline to the text of an IR file; the same text for the same arguments."""
    from tfx_pipeline.pipeline.export_part import with_words  # it imports TFX

    inputs = with_words(config, inputs)
    document = {
        "format": FORMAT,
        "package": __version__,
        "tfx": metadata.version("tfx"),
        "config": _placed(config).model_dump(mode="json", exclude_unset=True),
        "inputs": asdict(inputs),
        "pipeline": _compile(config, inputs),
    }
    return json.dumps(document, indent=1) + "\n"


def read_ir(place: str) -> IrFile:
    """Read an IR file, or an IR as TFX writes it, by path or URI.

    Raises:
        ConfigError: it is not there, is no IR file, or is one of another version.
        StepError: its place cannot be read, which may pass.
    """
    document = _parse(_read(place), place)
    if "pipelineInfo" in document:
        ir = IrFile(document, None, None, place)
    else:
        _check_version(document, place)
        try:
            config = PipelineConfig.model_validate(document["config"])
            inputs = PipelineInputs(**document["inputs"])
            ir = IrFile(document["pipeline"], config, inputs, place)
        except (KeyError, TypeError, ValidationError) as error:
            received = f"{type(error).__name__}: {error}".splitlines()[0]
            raise _refused("not an IR file", place, received) from error
        config._root = Path.cwd()  # where the user's modules are
    try:
        _ = ir.name, ir.upstream
    except (KeyError, TypeError) as error:
        raise _refused("the pipeline in it is none", place, repr(error)) from error
    return ir


def _placed(config: PipelineConfig) -> PipelineConfig:
    """Give the configuration with its places made absolute: a step may start in any folder."""
    environment, push = config.environment, config.push
    kept = environment.metadata
    if kept.kind == "sqlite":
        kept = kept.model_copy(update={"path": str(config.path(kept.path))})
    places = config.data.model_dump(include={"path", "schema_file"}, exclude_unset=True)
    data = config.data.model_copy(
        update={name: place and config.uri(place) for name, place in places.items()}
    )
    return config.model_copy(
        update={
            "data": data,
            "environment": environment.model_copy(
                update={"pipeline_root": config.root_uri, "metadata": kept}
            ),
            "push": push.model_copy(update={"base_directory": config.uri(push.base_directory)}),
        }
    )


def _compile(
    config: PipelineConfig, inputs: PipelineInputs, fingerprints: Mapping[str, str] | None = None
) -> dict[str, Any]:
    from google.protobuf import json_format
    from tfx.dsl.compiler import compiler

    from tfx_pipeline.pipeline.beam_options import default_beam_options
    from tfx_pipeline.pipeline.create import create_pipeline

    pipeline = create_pipeline(config, inputs, default_beam_options(config), fingerprints)
    ir = json_format.MessageToDict(compiler.Compiler().compile(pipeline))
    in_order: dict[str, Any] = json.loads(json.dumps(ir, sort_keys=True))  # maps have none
    return in_order


def _read(place: str) -> str:
    try:
        return str(read_bytes(place), "utf-8")
    except UnicodeDecodeError as error:
        raise _refused("not a text", place, str(error)) from error
    except NoSuchPlaceError as error:
        next_step = "write it: tfx-pipeline compile --target ir -o FILE"
        raise _refused("no such file", place, next_step=next_step) from error
    except PlaceError as error:
        raise StepError(error.problems, "the IR file cannot be read") from error


def _parse(text: str, place: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _refused("not JSON", place, str(error)) from error
    if not isinstance(document, dict) or not {"format", "pipelineInfo"} & document.keys():
        raise _refused("neither an IR file nor an IR of TFX", place)
    return document


def _check_version(document: Mapping[str, Any], place: str) -> None:
    """Refuse what another version of this package, or of TFX, compiled."""
    here = {"format": FORMAT, "package": __version__, "tfx": metadata.version("tfx")}
    for name, mine in here.items():
        theirs = document.get(name)
        if theirs != mine:
            what = f"made by another version: {name} {theirs}, here it is {mine}"
            next_step = f"run it by the version that made it, or {_COMPILE_AGAIN}"
            raise _refused(what, place, next_step=next_step)


def _refused(
    what: str, place: str, received: str | None = None, next_step: str | None = None
) -> ConfigError:
    problem = Problem(what, place, received, next_step=next_step or _COMPILE_AGAIN)
    return ConfigError([problem], "the IR file cannot be used")
