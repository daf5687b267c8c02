"""Check that a configuration is meant for a run on this machine."""

from __future__ import annotations

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.targets import metadata_rules as target_metadata
from tfx_pipeline.targets import place_rules as target_places
from tfx_pipeline.targets.rules import Level, Situation


def check_runs_here(loaded: LoadedConfig) -> None:
    """Refuse a configuration that is meant for another place than this machine.

    Raises:
        ConfigError: with all problems found.
    """
    environment = loaded.config.environment
    problems: list[Problem] = []
    if environment.runner != "local":
        what = "`environment.runner`: this command runs a pipeline on this machine"
        next_step = "use --env local, or tfx-pipeline submit"
        place = loaded.source.place(("environment", "runner"))
        problems.append(Problem(what, place, environment.runner, "local", next_step))
    else:
        situation = Situation(loaded.config, "local")
        problems += [
            found.problem(loaded.source.place(found.path))
            for rule in (*target_places.RULES, *target_metadata.RULES)
            if rule.levels.get("local") is Level.ERROR
            for found in rule.find(situation)
        ]
    if problems:
        raise ConfigError(problems, f"{loaded.name} cannot run on this machine")
