"""Compile a configuration for a target: check, plan the inputs, make the IR, render, write.

Nothing is sent anywhere unless `upload` is asked for. The same configuration, table and code give
the same bytes.
"""

from __future__ import annotations

import importlib.util
import json
import os
from dataclasses import dataclass
from pathlib import Path

import yaml

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.patches.process_settings import find_user_modules
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.runners.cluster.kubeflow import rendering as kfp_rendering
from tfx_pipeline.runners.cluster.runtime_parameters import runtime_parameters
from tfx_pipeline.runners.cluster.upload import ir_uri, planned_inputs, upload_inputs, upload_ir
from tfx_pipeline.runners.cluster.volumes import volume_not_here
from tfx_pipeline.storage.fileio import is_uri
from tfx_pipeline.storage.local_files import write_atomically
from tfx_pipeline.targets import conformance
from tfx_pipeline.targets.rules import VERTEX, Target, target_of

_FILES: dict[Target, str] = {
    "ir": "ir.json",
    "kfp": "kubeflow.yaml",
    "vertex-generic": "vertex.yaml",
    "vertex-native": "vertex.json",
}


@dataclass(frozen=True)
class Compiled:
    """What was written, and where its steps will look for what they read.

    Without an `ir_place`, the IR is the file itself, or none is needed. The warnings are on what
    was compiled; those on the configuration, `check_target` gives.
    """

    target: Target
    file: Path
    inputs: PipelineInputs
    ir_place: str | None = None
    warnings: tuple[Problem, ...] = ()


def target_to_compile(config: PipelineConfig) -> Target:
    """Say for which target the environment asks a pipeline to be compiled.

    Raises:
        ConfigError: it runs on this machine, which takes no compiling.
    """
    if config.environment.runner == "local":
        problem = Problem(
            "this environment runs on this machine, without compiling",
            "environment.runner",
            "local",
            next_step="--env kubeflow or --env vertex; or --target ir for `tfx-pipeline node`",
        )
        raise ConfigError([problem], "there is nothing to compile")
    return target_of(config)


def compiled_file(config: PipelineConfig, target: Target) -> Path:
    """Say where a compiled pipeline goes when nobody says where."""
    return config.path("tfx_pipeline_output/{pipeline}/compiled") / _FILES[target]


def check_target(loaded: LoadedConfig, target: Target, rows: int | None) -> tuple[Problem, ...]:
    """Compare the configuration with what the target can do; give what is only worth a warning.

    Raises:
        ConfigError: the target cannot run this configuration.
    """
    runtime_parameters(loaded.config)
    report = conformance.check(loaded, target, rows)
    report.refuse()
    if target in ("kfp", "vertex-generic") and importlib.util.find_spec("kfp") is None:
        raise kfp_rendering.missing_kfp(ImportError("No module named 'kfp'"))
    return tuple(report.warnings)


def compile_pipeline(
    loaded: LoadedConfig,
    table: Table | None,
    target: Target,
    output: Path | None = None,
    *,
    upload: bool = False,
) -> Compiled:
    """Compile what `check_target` found fit, and write it atomically; none: to `compiled_file`.

    To `upload` is to bring the inputs and the IR to where the steps look for them.

    Raises:
        PipelineError: it cannot be rendered, written or uploaded.
    """
    config = loaded.config
    file = output or compiled_file(config, target)
    _check_writable(file)
    if upload:
        _check_mounted(config)
    find_user_modules(config.root)
    inputs = planned_inputs(loaded, table)
    text, ir = _render(config, inputs, target)
    warnings = _check_text(config, target, text)
    # An IR for this machine is of use only with its table in place.
    if upload or (target == "ir" and not is_uri(config.root_uri)):
        upload_inputs(loaded, table, inputs)
    ir_place = None
    if ir is not None:
        ir_place = (upload_ir if upload else ir_uri)(config, ir)
    write_atomically(file, text)
    return Compiled(target, file, inputs, ir_place, warnings)


def _check_text(config: PipelineConfig, target: Target, text: str) -> tuple[Problem, ...]:
    """Check what was compiled for Vertex AI; what runs it elsewhere says itself what it takes."""
    if target not in VERTEX:
        return ()
    document = json.loads(text) if target == "vertex-native" else yaml.safe_load(text)
    return conformance.check_document(config, target, document)


def _check_mounted(config: PipelineConfig) -> None:
    """Refuse to upload to a folder that only looks like the volume of the cluster."""
    volume = volume_not_here(config.environment, config.root_uri)
    if volume is None:
        return
    problem = Problem(
        "the volume is not mounted on this machine",
        "environment.pipeline_root",
        config.root_uri,
        next_step=f"submit from a machine that has the claim `{volume.claim}` at"
        f" {volume.mount_path}, or use a bucket: gs://…, s3://…, abfs://…",
    )
    raise ConfigError([problem], "what the steps read cannot be brought to them")


def _render(
    config: PipelineConfig, inputs: PipelineInputs, target: Target
) -> tuple[str, str | None]:
    """Give the text of the compiled pipeline, and that of the IR file that it names, if any."""
    if target == "vertex-native":
        from tfx_pipeline.runners.cluster.vertex import rendering as vertex_rendering

        return vertex_rendering.to_text(vertex_rendering.render(config, inputs)), None
    from tfx_pipeline.runners.node.ir_file import IrFile, make_ir

    ir = make_ir(config, inputs)
    if target == "ir":
        return ir, None
    upstream = IrFile(json.loads(ir)["pipeline"], config, inputs, "compiled just now").upstream
    rendering = kfp_rendering.Rendering(
        config, upstream, ir_uri(config, ir), for_kubernetes=target == "kfp"
    )
    return kfp_rendering.render(rendering), ir


def _check_writable(file: Path) -> None:
    """Find out before TFX is imported whether the file can be written."""
    try:
        if file.exists() and not file.is_file():  # a device would be replaced by the file
            raise OSError(None, "it is a folder" if file.is_dir() else "it is no ordinary file")
        file.parent.mkdir(parents=True, exist_ok=True)
        probe = file.with_name(f".{file.name}.{os.getpid()}")
        probe.touch()
        probe.unlink()
    except OSError as error:
        problem = Problem(
            "this file cannot be written",
            str(file),
            error.strerror,
            next_step="change the rights of its folder, or choose another place: -o FILE",
        )
        raise ConfigError([problem], "there is no place for the compiled pipeline") from error
