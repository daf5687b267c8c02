"""Which kinds of features and which model families each format holds, and how exactly.

Each is really fitted, to some rows of the tables that ship with the project, exported, and proven
by the gate of `tfx-pipeline export`. Printed are the two tables of docs/formats.md: the largest
difference over the rows that were held out and the rows made to hurt, or why there is no file.

    python -m benchmarks.format_conformance [--kinds | --families] [NAME …]
"""

from __future__ import annotations

import argparse
import csv
import datetime
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfx_pipeline.config.root import PipelineConfig
    from tfx_pipeline.export.exported import ExportReport

_REPOSITORY = Path(__file__).resolve().parents[1]
_ROWS = 1500
_FORMATS = ("onnx", "tflite", "pmml")
_PARTS = ["minute", "hour", "weekday", "month_day", "week", "month", "quarter", "year_day"]
_LEVELS = ("low", "middle", "high")

KINDS: dict[str, dict[str, Any]] = {
    "numeric": {"fare": {"kind": "numeric"}},
    "numeric, `scale: log_zscore`": {"trip_miles": {"kind": "numeric", "scale": "log_zscore"}},
    "numeric, `scale: minmax`": {"trip_miles": {"kind": "numeric", "scale": "minmax"}},
    "numeric, `scale: none`": {"trip_miles": {"kind": "numeric", "scale": "none"}},
    "numeric, `buckets`": {"fare": {"kind": "numeric", "buckets": 10}},
    "numeric, `missing` marks": {"trip_seconds": {"kind": "numeric", "missing": ["0", "-1"]}},
    "numeric, `parse`": {"price": {"kind": "numeric", "parse": "$1,234.50"}},
    "bucketized": {"trip_seconds": {"kind": "bucketized", "buckets": 7}},
    "bucketized, `boundaries`": {"fare": {"kind": "bucketized", "boundaries": [5, 7.7, 20]}},
    "categorical, texts": {"company": {"kind": "categorical"}},
    "categorical, whole numbers": {"pickup_community_area": {"kind": "categorical"}},
    "categorical, numbers": {"dropoff_community_area": {"kind": "categorical"}},
    "categorical, `target`": {"company": {"kind": "categorical", "id": False, "target": True}},
    "categorical, `oov_buckets: 3`": {"company": {"kind": "categorical", "oov_buckets": 3}},
    "ordinal": {"level": {"kind": "ordinal", "values": [*_LEVELS]}},
    "text": {"company": {"kind": "text"}},
    "text, `ngrams`, `tfidf`": {"company": {"kind": "text", "ngrams": 2, "weights": "tfidf"}},
    "text, `hash_buckets`": {"company": {"kind": "text", "hash_buckets": 32}},
    "timestamp, all `parts`": {"trip_start_timestamp": {"kind": "timestamp", "parts": _PARTS}},
    "timestamp, `zone`": {"trip_start_timestamp": {"kind": "timestamp", "zone": "America/Chicago"}},
    "timestamp, `unit: ms`": {"milliseconds": {"kind": "timestamp", "unit": "ms"}},
    "timestamp, `periodic`": {
        "trip_start_timestamp": {"kind": "timestamp", "parts": [], "periodic": True}
    },
    "timestamp, `linear`": {
        "trip_start_timestamp": {"kind": "timestamp", "parts": [], "linear": True}
    },
    "timestamp, `parse`": {"started": {"kind": "timestamp", "parse": "%d/%m/%Y %H:%M"}},
    "lookup": {"fare": {"kind": "numeric"}},
}
"""Features by the name of the row; beside each a number, so that there is always one to learn."""
_LOOKUPS = {"lookup": {"average": {"key": "pickup_community_area", "value": "fare"}}}
FAMILIES = ("linear", "dnn", "wide_deep", "mlp", "trees", "auto")
TASKS = {"binary": "taxi", "multiclass": "penguins", "regression": "ames"}


def main(words: Sequence[str] | None = None) -> int:
    """Print the tables."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.path.insert(0, str(_REPOSITORY))
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--kinds", action="store_true", help="only the kinds of features")
    which.add_argument("--families", action="store_true", help="only the model families")
    parser.add_argument("names", nargs="*", help="only these rows")
    options = parser.parse_args(words)
    if not options.families:
        _print("kind of feature", _kinds(options.names))
    if not options.kinds:
        _print("family, task", _families(options.names))
    return 0


def _print(head: str, reports: Iterator[tuple[str, ExportReport]]) -> None:
    print(f"| {head} | {' | '.join(_FORMATS)} |")
    print(f"|---|{'---|' * len(_FORMATS)}")
    for name, report in reports:
        cells = (_cell(each) for each in report.formats)
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _cell(report: Any) -> str:
    if report.error is None:
        return f"{report.largest_difference:.1e}"
    first = report.error.problems[0]
    return f"{report.verdict}: {first.what}"[:300]


def _kinds(names: Sequence[str]) -> Iterator[tuple[str, ExportReport]]:
    from tfx_pipeline.config.root import PipelineConfig

    for name, features in KINDS.items():
        if names and name not in names:
            continue
        config = PipelineConfig.model_validate(
            {
                "name": "taxi",
                "data": {"path": "data/taxi"},
                "label": {"column": "tips", "task": "binary", "rule": "tips > 0.2 * fare"},
                "features": {"trip_start_hour": {"kind": "numeric"}, **features},
                "lookups": _LOOKUPS.get(name, {}),
                "model": {"family": "dnn", "hidden_units": [16], "epochs": 2},
            }
        )
        yield name, _proven(config)


def _families(names: Sequence[str]) -> Iterator[tuple[str, ExportReport]]:
    from tfx_pipeline.config.loader import load_config

    for family in FAMILIES:
        for task, table in TASKS.items():
            name = f"{family}, {task}"
            if names and name not in names:
                continue
            epochs = ", epochs: 5" if family in ("dnn", "wide_deep") else ""
            model = f"model={{family: {family}{epochs}}}"
            config = load_config(_REPOSITORY / f"configs/{table}.yaml", overrides=[model]).config
            yield name, _proven(config)


def _proven(config: PipelineConfig) -> ExportReport:
    """Fit, export to all formats, and prove."""
    from tests.modules.tables import Table, make_fn_args, transform_config
    from tfx_pipeline.components.raw_cells import read_cells
    from tfx_pipeline.export.exported import RealRows
    from tfx_pipeline.export.exporting import description_of, export_model
    from tfx_pipeline.export.facts import ExportFacts
    from tfx_pipeline.export.input_facts import input_facts
    from tfx_pipeline.modules.training import run_fn

    with tempfile.TemporaryDirectory(prefix="tfx-conformance-") as place:
        folder = Path(place)
        table = _table(config)
        train = Table(table.kinds, [row for i, row in enumerate(table.rows) if i % 3])
        evaluation = Table(table.kinds, table.rows[::3])
        artifact = train.analyze(transform_config(config), folder)
        files = train.write(folder / "train.gz"), evaluation.write(folder / "eval.gz")
        run_fn(make_fn_args(config, artifact, *files, folder))
        description = description_of(folder / "model")
        cells, _ = read_cells([folder / "eval.gz"], description.columns, len(evaluation.rows))
        facts = ExportFacts(
            config.name, "1", input_facts(description), "", "", "conformance", {}, {}
        )
        return export_model(folder / "model", _FORMATS, facts, RealRows(cells), folder / "formats")


def _table(config: PipelineConfig) -> Any:
    """Read the first rows of a table, with some columns of taxi written in other ways."""
    from tests.modules.tables import Table
    from tfx_pipeline.modules.label_rule.rule import LabelRule

    columns = {*config.raw_features, config.label.column}
    columns |= {lookup.value for lookup in config.lookups.values()}
    if config.label.rule:
        columns |= LabelRule.parse(config.label.rule).columns
    (file,) = (_REPOSITORY / config.data.path).glob("*.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        header = next(csv.reader(lines))
    table = Table.from_csv(file, sorted(header), _ROWS)
    rows = [{**row, **_written(row)} for row in table.rows]
    kinds = {**table.kinds, "price": str, "started": str, "level": str, "milliseconds": int}
    return Table({name: kinds[name] for name in columns}, rows)


def _written(row: Mapping[str, Any]) -> dict[str, Any]:
    fare, seconds = row.get("fare"), row.get("trip_start_timestamp")
    if fare is None or seconds is None:
        return {}
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return {
        "price": f"${fare:,.2f}",
        "started": moment.strftime("%d/%m/%Y %H:%M"),
        "level": _LEVELS[0 if fare < 6 else 1 if fare < 15 else 2],
        "milliseconds": int(seconds) * 1000,
    }


if __name__ == "__main__":
    sys.exit(main())
