"""The way from the table to the pushed model: artifacts, and what each was made from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tfx_pipeline.report.facts.run_facts import ArtifactFacts

REFUSED_DATA = "DataGate.refused"
"""What was measured of data that were refused."""
_REFUSED = re.compile(r"all that was measured: (?P<folder>\S+)/data_verdict\.json")
_TYPES = "tfx_pipeline."


def places_of(summary: Mapping[str, Any]) -> dict[str, str]:
    """Give the place of each artifact that a run made or used, by `step.output`.

    A run of some steps names what it took from an earlier run only as inputs of these.
    """
    places = dict(summary.get("artifacts") or {})
    known = {*places.values()}
    for each in _inputs(summary):
        key = _key_of_place(each["uri"])
        if key and each["uri"] not in known:
            places.setdefault(key, each["uri"])
    # No artifact: a step that fails has none.
    if refused := _REFUSED.search(str(summary.get("title") or "")):
        places[REFUSED_DATA] = refused["folder"]
    return places


def _inputs(summary: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for step in summary.get("lineage") or ():
        for artifacts in step["inputs"].values():
            yield from artifacts


def _key_of_place(uri: str) -> str | None:
    """Read `step.output` from `…/step/output/number`, as TFX names its folders."""
    parts = uri.rstrip("/").split("/")
    return f"{parts[-3]}.{parts[-2]}" if len(parts) > 3 and parts[-1].isdecimal() else None


def artifact_facts(
    summary: Mapping[str, Any],
    bytes_of: Callable[[str], int | None],
    shown: Callable[[str], str],
) -> Iterator[ArtifactFacts]:
    """Describe the artifacts in the order in which the steps made them.

    Args:
        summary: of the run.
        bytes_of: gives the size of a folder or URI; None: it is not there.
        shown: writes a place as people know it.
    """
    places = places_of(summary)
    steps = {step["id"]: step for step in summary.get("lineage") or ()}
    named = {
        each["uri"]: each
        for step in steps.values()
        for channels in (step["inputs"], step["outputs"])
        for found in channels.values()
        for each in found
    }
    makers = {uri: key for key, uri in places.items() if not _is_lookup(key)}
    for key, uri in places.items():
        if makers.get(uri) != key:
            continue  # a resolver names what others made
        step = key.rpartition(".")[0]
        known = named.get(uri, {})
        inputs = steps.get(step, {}).get("inputs", {}).values()
        made_from = [makers[x["uri"]] for found in inputs for x in found if x["uri"] in makers]
        size = bytes_of(uri)
        yield ArtifactFacts(
            key=key,
            step=step,
            type=str(known.get("type", "")).removeprefix(_TYPES),
            id=known.get("id"),
            place=shown(uri),
            is_there=size is not None,
            bytes=size,
            made_from=tuple(dict.fromkeys(made_from)),
        )


def _is_lookup(key: str) -> bool:
    return "resolver" in key.partition(".")[0]
