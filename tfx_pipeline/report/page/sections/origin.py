"""Where the model came from: lineage, environment, configuration, command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import yaml

from tfx_pipeline.report.facts.run_facts import ArtifactFacts, RunFacts
from tfx_pipeline.report.page.blocks import (
    Block,
    Code,
    Folded,
    Links,
    Pairs,
    Section,
    Station,
    Table,
    Text,
)
from tfx_pipeline.report.page.wording import size

_DATA = "data-version"


def lineage(facts: RunFacts) -> Section:
    """Show the way from the table to the pushed version, each station linked with the next ones."""
    if not facts.artifacts:
        return Section("lineage", "Lineage", [Text("No step left an artifact.", "note")])
    names = {artifact.key: anchor(artifact.key) for artifact in facts.artifacts}
    later: dict[str, list[tuple[str, str]]] = {}
    for artifact in facts.artifacts:
        for key in artifact.made_from or ((_DATA,) if _is_first(artifact, facts) else ()):
            later.setdefault(key, []).append((anchor(artifact.key), artifact.key))
    stations = [_table_station(facts, later)]
    stations += [_station(artifact, names, later, facts) for artifact in facts.artifacts]
    if facts.run.version:
        stations.append(_version_station(facts))
    text = "Each station names what it was made from and what was made of it."
    return Section(
        "lineage",
        "Lineage: from the data to the push",
        [Text(text), Links(stations)],
        short="Lineage",
    )


def anchor(key: str) -> str:
    """Give the id of an artifact's station in the page."""
    return f"artifact-{key.replace('.', '-').replace('_', '-')}"


def _is_first(artifact: ArtifactFacts, facts: RunFacts) -> bool:
    return artifact.step == facts.artifacts[0].step


def _table_station(facts: RunFacts, later: dict[str, list[tuple[str, str]]]) -> Station:
    digest = f"version {facts.data.digest[:16]}" if facts.data.digest else "version not known"
    rows = f", {facts.data.rows['read']:,} rows" if "read" in facts.data.rows else ""
    return Station(
        _DATA, f"Table {facts.data.place}".strip(), f"{digest}{rows}", after=later.get(_DATA, ())
    )


def _station(
    artifact: ArtifactFacts,
    names: dict[str, str],
    later: dict[str, list[tuple[str, str]]],
    facts: RunFacts,
) -> Station:
    number = f"id {artifact.id}, " if artifact.id is not None else ""
    there = size(artifact.bytes) if artifact.is_there else "deleted, or not reachable from here"
    before = [(names[key], key) for key in artifact.made_from if key in names]
    if not before and _is_first(artifact, facts):
        before = [(_DATA, "the table")]
    after = [*later.get(artifact.key, ())]
    if artifact.key == "Pusher.pushed_model" and facts.run.version:
        after.append(("pushed-version", f"version {facts.run.version}"))
    return Station(
        names[artifact.key],
        artifact.key,
        f"{artifact.type + ', ' if artifact.type else ''}{number}{artifact.place}, {there}",
        "plain" if artifact.is_there else "warn",
        before,
        after,
    )


def _version_station(facts: RunFacts) -> Station:
    before = [(anchor(x.key), x.key) for x in facts.artifacts if x.key == "Pusher.pushed_model"]
    words = f"served as {facts.run.model_name}"
    return Station("pushed-version", f"Version {facts.run.version}", words, "good", before)


def environment(facts: RunFacts) -> Section:
    """Show where it ran, with which libraries, and the whole configuration."""
    found, blocks = facts.environment, list[Block]()
    if found.python:
        pairs = {
            "Python": found.python,
            "platform": found.platform,
            "processors": str(found.processors),
            "memory": size(found.memory_bytes),
        }
        blocks.append(Pairs(pairs))
        rows = [*found.libraries.items()]
        table = Table("Libraries", ("Library", "version"), rows)
        blocks.append(Folded(f"Versions of {len(rows)} libraries", [table]))
    else:
        text = "Where it ran is not known: an older release, or a step in a cluster, made this run."
        blocks.append(Text(text, "note"))
    if facts.config:
        text = yaml.safe_dump(_plain(facts.config), sort_keys=False, allow_unicode=True, width=100)
        said = "The resolved configuration, without secrets"
        blocks.append(Folded(said, [Code(text, "Configuration as YAML")]))
    return Section("environment", "Environment and configuration", blocks, short="Environment")


def _plain(value: Any) -> Any:
    """Leave out what nobody has set: an empty list, mapping or text, and null."""
    if isinstance(value, dict):
        found = {key: _plain(each) for key, each in value.items()}
        return {key: each for key, each in found.items() if each not in (None, "", [], {})}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def reproduce(facts: RunFacts) -> Section:
    """Give the command that makes the run again."""
    blocks = [*_reproduce(facts)]
    return Section("reproduce", "Run it again", blocks)


def _reproduce(facts: RunFacts) -> Iterator[Block]:
    if not facts.run.command:
        yield Text("The command of this run is not known: an older release made it.", "note")
        return
    yield Code(shlex.join(facts.run.command), "Command that makes this run again")
    if facts.data.digest:
        yield Text(
            f"It gives the same model with the same table (version `{facts.data.digest[:16]}`),"
            " the same code and the libraries above: every random step is seeded."
        )
