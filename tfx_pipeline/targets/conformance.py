"""Say, before anything is compiled or run, what a target cannot do of a configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.pipeline.step_order import step_order
from tfx_pipeline.targets import (
    beam_rules,
    container_rules,
    field_rules,
    job_rules,
    metadata_rules,
    place_rules,
    pod_rules,
    source_rules,
    vertex_document_rules,
    vertex_network_rules,
    vertex_rules,
)
from tfx_pipeline.targets.rules import (
    TARGETS,
    Finding,
    Level,
    Rule,
    Rules,
    Situation,
    Target,
    dotted,
    on,
)
from tfx_pipeline.wording import counted, nearest

# Of no pipeline at once: which ones there are depends on the schema and on the check.
_SOMETIMES = (
    "CsvExampleGen",
    "BigQueryExampleGen",
    "ImportSchemaGen",
    "InfraCheck",
    "FormatExporter",
    "ModelRiskAssessor",
    "InfraValidator",
)

RULES = Rules(
    (
        *place_rules.RULES,
        *metadata_rules.RULES,
        *beam_rules.RULES,
        *container_rules.RULES,
        *field_rules.RULES,
        *job_rules.RULES,
        *pod_rules.RULES,
        *source_rules.RULES,
        *vertex_rules.RULES,
        *vertex_network_rules.RULES,
        *vertex_document_rules.RULES,
    )
)

_OF_A_RUN_HERE = (
    *(*place_rules.RULES, *metadata_rules.RULES),
    *(*beam_rules.RULES, *source_rules.RULES),
)


@dataclass(frozen=True)
class Report:
    """What a target does not do of a configuration."""

    target: Target
    errors: tuple[Problem, ...]  # what it cannot do
    warnings: tuple[Problem, ...]  # what it ignores, or does under a condition that nobody checks

    def refuse(self) -> None:
        """Raise the errors, if there are any.

        Raises:
            ConfigError: with all of them.
        """
        if self.errors:
            count = counted(len(self.errors), "problem", separator="")
            raise ConfigError(self.errors, f"{self.target} cannot run this configuration: {count}")


def check(
    loaded: LoadedConfig | PipelineConfig,
    target: Target,
    table_rows: int | None = None,
    rules: Iterable[Rule] = RULES,
    document: Mapping[str, Any] | None = None,
) -> Report:
    """Apply the rules; nothing heavy is imported, and nothing is asked of a network.

    With a `document`, which is what was compiled, only the rules on that say more than before.

    Only a loaded configuration knows in which line a field stands.
    """
    config = loaded.config if isinstance(loaded, LoadedConfig) else loaded
    situation = Situation(config, target, table_rows, document)
    place: Callable[[KeyPath], str | None] = dotted
    if isinstance(loaded, LoadedConfig):
        place = loaded.source.place
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for each in rules:
        level = each.levels.get(target)
        if level is not None:
            kept = errors if level is Level.ERROR else warnings
            kept += [
                Problem(x.what, place(x.path), x.received, x.allowed, x.next_step)
                for x in each.find(situation)
            ]
    return Report(target, tuple(errors), tuple(warnings))


def check_document(
    config: PipelineConfig, target: Target, document: Mapping[str, Any]
) -> tuple[Problem, ...]:
    """Compare what was compiled with what the target takes; give what is only worth a warning.

    Raises:
        ConfigError: the target would refuse it, or it could not run there.
    """
    report = check(config, target, rules=vertex_document_rules.RULES, document=document)
    report.refuse()
    return report.warnings


def check_runs_here(loaded: LoadedConfig) -> None:
    """Refuse a configuration that is meant for another place than this machine.

    Raises:
        ConfigError: with all problems found.
    """
    problems = check(loaded, "local", rules=_OF_A_RUN_HERE).errors
    runner = loaded.config.environment.runner
    if runner != "local":
        what = "`environment.runner`: this command runs a pipeline on this machine"
        place = loaded.source.place(("environment", "runner"))
        next_step = "use --env local, or tfx-pipeline submit"
        problems = (Problem(what, place, runner, "local", next_step),)
    if problems:
        raise ConfigError(problems, f"{loaded.name} cannot run on this machine")


@RULES.add(
    "steps that are not in the pipeline",
    on(Level.ERROR, *TARGETS),
    "names as `--only` takes them",
)
def _unknown_steps(situation: Situation) -> Iterator[Finding]:
    known = [*dict.fromkeys(["default", *step_order(situation.config), *_SOMETIMES])]
    for name in situation.config.environment.steps:
        if name not in known:
            what = f"`environment.steps`: there is no step `{name}`"
            path = ("environment", "steps", name)
            yield Finding(path, what, None, ", ".join(known), nearest(name, known))
