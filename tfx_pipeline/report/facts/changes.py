"""What differs between two runs: configuration, data, code, libraries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tfx_pipeline.report.facts.run_facts import Changes, Difference

_NOTHING = "–"
_WIDTH = 160
_DATA = ("digest", "place")


def changes_between(before: Mapping[str, Any], now: Mapping[str, Any]) -> Changes:
    """Compare the summaries of two runs."""
    note = ""
    if "config" not in before:
        note = "that run is of an older release: of its configuration nothing is known"
    return Changes(
        run_id=str(before["run_id"]),
        note=note,
        config=tuple(config_differences(before.get("config"), now.get("config"))),
        data=tuple(_data(before, now)),
        code=tuple(_code(before, now)),
        libraries=tuple(_libraries(before, now)),
    )


def last_blessed(
    summary: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Find the run whose model was compared with, else the last one before that pushed a model.

    `earlier` are the summaries of the pipeline's runs before this one, newest first.
    """
    model = (summary.get("artifacts") or {}).get("latest_blessed_model_resolver.model")
    pushed = [each for each in earlier if each.get("status") == "pushed"]
    made = [
        each
        for each in pushed
        if model and (each.get("artifacts") or {}).get("Trainer.model") == model
    ]
    return next(iter([*made[-1:], *pushed]), None)


def config_differences(before: Any, now: Any) -> Iterator[Difference]:
    """Compare two configurations, key by key; a key that one alone has differs from nothing."""
    if before is None or now is None:
        return
    yield from _differences("", before, now)


def _differences(place: str, before: Any, now: Any) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys([*before, *now]):
            inner = f"{place}.{key}" if place else str(key)
            yield from _differences(inner, before.get(key), now.get(key))
    elif before != now:
        yield Difference(place, _shown(before), _shown(now))


def _shown(value: Any) -> str:
    if value is None:
        return _NOTHING
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _data(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    then, here = before.get("data") or {}, now.get("data") or {}
    for name in _DATA:
        if then.get(name) and here.get(name) and then[name] != here[name]:
            cut = slice(16) if name == "digest" else slice(None)
            yield Difference(name, str(then[name])[cut], str(here[name])[cut])
    rows, rows_now = before.get("rows") or {}, now.get("rows") or {}
    if rows and rows_now:
        for name in dict.fromkeys([*rows, *rows_now]):
            if rows.get(name) != rows_now.get(name):
                counts = (f"{x.get(name, 0):,}" for x in (rows, rows_now))
                yield Difference(f"rows: {name.replace('_', ' ')}", *counts)


def _code(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    then, here = (
        {step["id"]: step["code"] for step in x.get("lineage") or () if step["code"]}
        for x in (before, now)
    )
    for step in here:
        if step in then and then[step] != here[step]:
            yield Difference(step, then[step], here[step])


def _libraries(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    then, here = (_versions(x.get("surroundings") or {}) for x in (before, now))
    if then and here:
        for name in sorted({*then, *here}):
            if then.get(name) != here.get(name):
                yield Difference(name, then.get(name, _NOTHING), here.get(name, _NOTHING))


def _versions(surroundings: Mapping[str, Any]) -> dict[str, str]:
    if not surroundings:
        return {}
    return {
        "Python": str(surroundings.get("python")),
        "platform": str(surroundings.get("platform")),
        **surroundings.get("libraries", {}),
    }
