"""Which model is meant, where it came from, and what the run that made it has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfx_pipeline.commands.asking.served_model import ServedModel
from tfx_pipeline.deployment.model_versions import versions_on_disk
from tfx_pipeline.deployment.pushed_formats import formats_folder
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.report.facts.summaries import all_summaries
from tfx_pipeline.serving.models.model_files import SAVED_MODEL_FILE
from tfx_pipeline.serving.versions.source import parse_version
from tfx_pipeline.wording import listed, nearest

_TRAINED = "Trainer.model"
_SERVING = "Format-Serving"
_TITLE = "there is no such model to export"


@dataclass(frozen=True)
class ModelOrigin:
    """A model on this machine.

    Attributes:
        directory: of the SavedModel.
        name: under which it is served.
        version: as it was pushed, or the run that made it.
        is_known: whether a run of the configuration made it, as far as this machine knows.
        artifacts: of that run, folder or URI by `step.output`.
        data_digest: of its table; "" if it is not known.
        place: where its other formats go unless somebody says; None: somebody must.
    """

    directory: Path
    name: str
    version: str
    is_known: bool = False
    artifacts: Mapping[str, str] = field(default_factory=dict)
    data_digest: str = ""
    place: Path | None = None


def find_origin(served: ServedModel, wanted: str | None) -> ModelOrigin:
    """Find a model: by its folder, by the number of a version, or by the run that made it.

    None: the newest version.

    Raises:
        ConfigError: there is none.
    """
    if wanted is not None and Path(wanted).is_dir():
        return _by_folder(served, Path(wanted))
    if wanted is None or parse_version(wanted) is not None:
        versions = served.versions()
        number = parse_version(wanted) if wanted else max(versions)
        if number not in versions:
            raise _unknown(served, wanted or "", [str(each) for each in versions])
        assert number is not None
        return _by_version(served, number, versions[number])
    return _by_run(served, wanted)


def _by_version(served: ServedModel, number: int, directory: Path) -> ModelOrigin:
    runs = (
        x for x in all_summaries(served.config) if Path(x.get("model") or "").name == str(number)
    )
    # The first run that pushed the version made it; later ones found it up to date.
    summary = min(runs, key=lambda each: str(each.get("began")), default=None)
    return _with_run(
        ModelOrigin(directory, served.name, str(number), place=formats_folder(served.base, number)),
        summary,
    )


def _by_folder(served: ServedModel, folder: Path) -> ModelOrigin:
    directory = folder.absolute()
    if not (directory / SAVED_MODEL_FILE).is_file():
        versions = versions_on_disk(directory)
        newest = f"name a version: {directory / str(max(versions))}" if versions else None
        problem = Problem(
            "this folder holds no SavedModel", str(folder), None, SAVED_MODEL_FILE, newest
        )
        raise ConfigError([problem], _TITLE)
    known = {path.resolve(): number for number, path in versions_on_disk(served.base).items()}
    if (number := known.get(directory.resolve())) is not None:
        return _by_version(served, number, directory)
    for summary in all_summaries(served.config):
        trained = (summary.get("artifacts") or {}).get(_TRAINED)
        if trained and (Path(trained) / _SERVING).resolve() == directory.resolve():
            return _of_run(served, summary)
    is_version = parse_version(directory.name) is not None
    name = directory.parent.name if is_version else directory.name
    return ModelOrigin(directory, name, directory.name if is_version else "")


def _by_run(served: ServedModel, run_id: str) -> ModelOrigin:
    summaries = {str(each["run_id"]): each for each in all_summaries(served.config)}
    if run_id not in summaries:
        raise _unknown(served, run_id, [*summaries])
    return _of_run(served, summaries[run_id])


def _of_run(served: ServedModel, summary: Mapping[str, Any]) -> ModelOrigin:
    trained = (summary.get("artifacts") or {}).get(_TRAINED)
    directory = Path(trained or "") / _SERVING
    run_id = str(summary["run_id"])
    if not trained or not (directory / SAVED_MODEL_FILE).is_file():
        what = f"run {run_id} has left no model on this machine"
        problem = Problem(what, str(directory) if trained else None)
        raise ConfigError([problem], _TITLE)
    place = served.config.pipeline_root / "runs" / run_id / "formats"
    return _with_run(ModelOrigin(directory, served.name, run_id, place=place), summary)


def _with_run(origin: ModelOrigin, summary: Mapping[str, Any] | None) -> ModelOrigin:
    if summary is None:
        return origin
    return ModelOrigin(
        origin.directory,
        origin.name,
        origin.version,
        is_known=True,
        artifacts=dict(summary.get("artifacts") or {}),
        data_digest=str((summary.get("data") or {}).get("digest", "")),
        place=origin.place,
    )


def _unknown(served: ServedModel, wanted: str, known: list[str]) -> ConfigError:
    problem = Problem(
        "no folder, version or run has this name",
        "MODEL",
        wanted,
        listed(known) or None,
        nearest(wanted, known) or served.command("models"),
    )
    return ConfigError([problem], _TITLE)
