"""The model of the latest run, as the risk checks see it: for scripts and benchmarks.

    with subject_of("configs/penguins.yaml") as subject:
        print(check(subject, settings))

The pipeline must have been run here before: `python run_local.py --config configs/penguins.yaml`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from tfx_pipeline.evaluation.risk.subject import Subject


@contextlib.contextmanager
def subject_of(
    config_file: str, overrides: Sequence[str] = (), summary: Path | None = None
) -> Iterator[Subject]:
    """Read rows and model of the latest run, or of that which left a summary."""
    from tfx_pipeline.components.model_risk.examined_model import Places, examined
    from tfx_pipeline.components.model_risk.newest_span import newest_share
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.ingestion.versions.manifest import read_manifest
    from tfx_pipeline.pipeline.parts import learning_settings
    from tfx_pipeline.pipeline.risk_settings import make_risk_settings
    from tfx_pipeline.runners.steps.artifact_facts import read_schema

    config = load_config(config_file, "local", overrides).config
    if summary is None:
        summary = max(config.pipeline_root.glob("runs/*/summary.json"))
    folders = json.loads(summary.read_text())["artifacts"]
    examples = Path(next(v for k, v in folders.items() if k.endswith("ExampleGen.examples")))
    curated = folders.get("ImportSchemaGen.schema", folders["SchemaGen.schema"])
    places = Places(
        Path(folders["Trainer.model"]) / "Format-Serving",
        examples / "Split-train",
        examples / "Split-eval",
        Path(folders["Transform.transform_graph"]),
    )
    settings = make_risk_settings(config, learning_settings(config))
    newest = newest_share(read_manifest(examples), in_order=settings.divided_by_chance)
    with examined(places, read_schema(Path(curated)), settings, None, newest) as subject:
        yield subject
