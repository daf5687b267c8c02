"""Say, before anything is compiled, what a target cannot do of a configuration.

The rules stand in `config/target_*.py`; `runners/targets_page.py` makes a page of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.pipeline.step_order import step_order
from tfx_pipeline.targets import (
    beam_rules as target_beam,
)
from tfx_pipeline.targets import (
    field_rules as target_fields,
)
from tfx_pipeline.targets import (
    metadata_rules as target_metadata,
)
from tfx_pipeline.targets import (
    place_rules as target_places,
)
from tfx_pipeline.targets import (
    runtime_rules as target_running,
)
from tfx_pipeline.targets import (
    vertex_rules as target_vertex,
)
from tfx_pipeline.targets.rules import TARGETS, Finding, Level, Rule, Situation, Target, dotted, on
from tfx_pipeline.wording import counted, nearest

__all__ = ["RULES", "TARGETS", "Report", "Target", "check", "target_of"]

# Of no pipeline at once: which ones there are depends on the schema and on the check.
_SOMETIMES = ("ImportSchemaGen", "InfraCheck", "InfraValidator")


@dataclass(frozen=True)
class Report:
    """What a target does not do of a configuration.

    Attributes:
        target: the target.
        errors: what it cannot do.
        warnings: what it ignores, or does only under a condition that nobody checks.
    """

    target: Target
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def refuse(self) -> None:
        """Raise the errors, if there are any.

        Raises:
            ConfigError: with all of them.
        """
        if self.errors:
            count = counted(len(self.errors), "problem", separator="")
            raise ConfigError(self.errors, f"{self.target} cannot run this configuration: {count}")


def target_of(config: PipelineConfig) -> Target:
    """Give the target that the configuration names."""
    environment = config.environment
    if environment.runner == "vertex":
        return "vertex-native" if environment.vertex.rendering == "native" else "vertex-generic"
    return environment.runner


def check(
    loaded: LoadedConfig | PipelineConfig, target: Target, table_rows: int | None = None
) -> Report:
    """Apply all rules; nothing heavy is imported, and nothing is asked of a network.

    Args:
        loaded: the configuration; only a loaded one knows in which line a field stands.
        target: where the pipeline shall run.
        table_rows: rows of the table; none: not known.
    """
    config = loaded.config if isinstance(loaded, LoadedConfig) else loaded
    situation = Situation(config, target, table_rows)
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for rule in RULES:
        level = rule.levels.get(target)
        if level is not None:
            kept = errors if level is Level.ERROR else warnings
            kept += [_to_problem(loaded, finding) for finding in rule.find(situation)]
    return Report(target, tuple(errors), tuple(warnings))


def _to_problem(loaded: LoadedConfig | PipelineConfig, finding: Finding) -> Problem:
    if isinstance(loaded, LoadedConfig):
        return finding.problem(loaded.source.place(finding.path))
    return finding.problem(dotted(finding.path))


def _unknown_steps(situation: Situation) -> Iterator[Finding]:
    known = [*dict.fromkeys(["default", *step_order(situation.config), *_SOMETIMES])]
    for name in situation.config.environment.steps:
        if name not in known:
            what = f"`environment.steps`: there is no step `{name}`"
            path = ("environment", "steps", name)
            yield Finding(path, what, None, ", ".join(known), nearest(name, known))


RULES: tuple[Rule, ...] = (
    *target_places.RULES,
    *target_metadata.RULES,
    *target_beam.RULES,
    *target_running.RULES,
    *target_fields.RULES,
    *target_vertex.RULES,
    Rule(
        "steps that are not in the pipeline",
        on(Level.ERROR, *TARGETS),
        _unknown_steps,
        "names as `--only` takes them",
    ),
)
