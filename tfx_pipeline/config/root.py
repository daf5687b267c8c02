"""The root of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, PrivateAttr

from tfx_pipeline.config.sections.data import DataConfig
from tfx_pipeline.config.sections.environment import EnvironmentConfig
from tfx_pipeline.config.sections.evaluation import EvaluationConfig
from tfx_pipeline.config.sections.export import ExportConfig
from tfx_pipeline.config.sections.features import Feature, LookupConfig
from tfx_pipeline.config.sections.label import LabelConfig
from tfx_pipeline.config.sections.model import ModelConfig
from tfx_pipeline.config.sections.push import PushConfig
from tfx_pipeline.config.sections.report import ReportConfig
from tfx_pipeline.config.sections.risk.risk import RiskConfig
from tfx_pipeline.config.sections.section import ColumnName, DottedFunction, Name, Named, Section
from tfx_pipeline.storage.fileio import is_uri
from tfx_pipeline.storage.plain_names import own_name, plain


class HooksConfig(Section):
    """The user's own code in place of ours, as `module.function` under the project's root."""

    preprocessing_fn: DottedFunction | None = None
    """Replaces the generic one: `preprocessing_fn(inputs, custom_config)`."""
    run_fn: DottedFunction | None = None
    """Replaces the generic one: `run_fn(fn_args)`."""


class PipelineConfig(Section):
    """A whole pipeline: what it reads, learns, requires, and where it runs."""

    name: Name
    """Name of the pipeline: part of its paths and of its metadata."""
    data: Annotated[DataConfig, Named("path")]
    """The input table; a text alone is its path."""
    label: LabelConfig
    """What is predicted."""
    features: dict[ColumnName, Feature] = Field(min_length=1)
    """What it is predicted from: one entry a column."""
    lookups: dict[ColumnName, LookupConfig] = {}
    """Averages per key; the entry's name becomes a numeric feature."""
    model: ModelConfig = ModelConfig()
    """The model and its training."""
    evaluation: EvaluationConfig = EvaluationConfig()
    """Metrics, slices and thresholds."""
    risk: RiskConfig = RiskConfig()
    """What is examined of a model before it is pushed."""
    export: Annotated[ExportConfig, Named("formats")] = ExportConfig()
    """The model in other formats, pushed beside it."""
    push: PushConfig = PushConfig()
    """Where a blessed model goes."""
    report: ReportConfig = ReportConfig()
    """What the page of a run may show."""
    hooks: HooksConfig = HooksConfig()
    """The user's own code."""
    environment: EnvironmentConfig = EnvironmentConfig()
    """Where the pipeline runs."""

    _root: Path = PrivateAttr(default_factory=Path)

    @property
    def root(self) -> Path:
        """Folder at which the relative paths of this configuration start."""
        return self._root

    def path(self, text: str) -> Path:
        """Make a path of this configuration absolute, with `{pipeline}` and `~` filled in."""
        path = (self._root / text.replace("{pipeline}", self.name)).absolute()
        if not text.startswith("~") or path.exists():
            return path
        try:
            return Path(text.replace("{pipeline}", self.name)).expanduser()
        except RuntimeError:  # there is no such user
            return path

    def uri(self, text: str) -> str:
        """Give a place of this configuration: a URI as it is, a path made absolute."""
        if is_uri(text):
            return text.replace("{pipeline}", self.name).rstrip("/")
        return str(self.path(text))

    def _usable(self, text: str) -> str:
        """Give a place as libraries can use it; in a cluster it is reached by its own name."""
        place = self.uri(text)
        is_here = self.environment.runner == "local" and not is_uri(place)
        return str(plain(Path(place))) if is_here else place

    def shown(self, path: Path) -> str:
        """Write a path as people know it, without this configuration's root."""
        return str(own_name(path)).removeprefix(f"{self._root.absolute()}/")

    @property
    def model_name(self) -> str:
        """Name under which the model is served."""
        return self.push.model_name or self.name

    @property
    def pipeline_root(self) -> Path:
        """Folder of the artifacts and of the runs' logs."""
        return plain(self.path(self.environment.pipeline_root))

    @property
    def root_uri(self) -> str:
        """Where artifacts go, also when that is no folder of this machine."""
        return self._usable(self.environment.pipeline_root)

    @property
    def serving_uri(self) -> str:
        """Where versions go, also when that is no folder of this machine."""
        return f"{self._usable(self.push.base_directory)}/{self.model_name}"

    @property
    def serving_directory(self) -> Path:
        """Folder whose children are the model's versions."""
        return plain(self.path(self.push.base_directory)) / self.model_name

    @property
    def raw_features(self) -> tuple[str, ...]:
        """Columns that a caller of the model sends: features and lookup keys."""
        return tuple(dict.fromkeys([*self.features, *(x.key for x in self.lookups.values())]))
