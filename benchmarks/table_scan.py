"""How long it takes to look at a table, and to find the values that break its schema.

    python benchmarks/table_scan.py [--times 30] [--repeat 3]

The shipped taxi rows, as many times over. Beside each figure stands what cannot be avoided: the
bare reading of the same file, by the standard library and by pandas.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = """
feature { name: "fare" type: FLOAT float_domain { max: 20 } }
feature { name: "company" type: BYTES presence { min_fraction: 1 } }
"""
ANOMALIES = """
anomaly_info { key: "fare" value { severity: ERROR reason { type: FLOAT_TYPE_BIG_FLOAT } } }
anomaly_info { key: "company" value {
  severity: ERROR reason { type: FEATURE_TYPE_LOW_FRACTION_PRESENT } } }
"""


def main() -> None:
    """Measure, and print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=30, help="the 10,000 rows so often")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        file = _write(Path(name), options.times)
        figures = {
            "csv.reader alone": _read_by_csv(file),
            "pandas.read_csv(dtype=str)": _read_by_pandas(file),
            "scan: types, labels, problems": _scan(file),
            "TFRecords alone, unpacked": _read_records(Path(name), file),
            "offending values of two anomalies": _count_offences(Path(name)),
        }
        print(f"{options.times * 10_000:,} rows, median of {options.repeat}")
        for what, action in figures.items():
            wall, cpu = _measure(action, options.repeat)
            print(f"  {what:<36}{wall:6.2f} s, {cpu:6.2f} s of CPU")


def _write(folder: Path, times: int) -> Path:
    header, *rows = (ROOT / "data/taxi/data.csv").read_text().splitlines(keepends=True)
    file = folder / "data.csv"
    with file.open("w") as stream:
        stream.write(header)
        for _ in range(times):
            stream.writelines(rows)
    return file


def _measure(action: Callable[[], Any], repeat: int) -> tuple[float, float]:
    walls, cpus = [], []
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        action()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def _read_by_csv(file: Path) -> Callable[[], Any]:
    def read() -> int:
        with file.open(newline="") as lines:
            return sum(1 for _ in csv.reader(lines))

    return read


def _read_by_pandas(file: Path) -> Callable[[], Any]:
    import pandas as pd

    return lambda: pd.read_csv(file, dtype=str, keep_default_na=False)


def _scan(file: Path) -> Callable[[], Any]:
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.ingestion.checks.table_checks import check_table
    from tfx_pipeline.ingestion.table_reading import read_table
    from tfx_pipeline.runners.input_table import table_needs

    needs = table_needs(load_config(ROOT / "configs/taxi.yaml"))

    def scan() -> None:
        assert check_table(read_table(file, needs)) == []

    return scan


def _read_records(folder: Path, file: Path) -> Callable[[], Any]:
    import tensorflow as tf

    from tfx_pipeline.ingestion.examples.files import write_examples
    from tfx_pipeline.ingestion.examples.splits import Splitter
    from tfx_pipeline.ingestion.needs import SplitNeeds
    from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
    from tfx_pipeline.ingestion.table_reading import read_table

    table = read_table(file, staging=folder / "staged")
    write_examples(
        StagedTable(str(table.staged)), Splitter(SplitNeeds({"all": 1})), [folder / "rows"]
    )
    (written,) = (folder / "rows").iterdir()
    written.rename(folder / "rows.gz")

    def read() -> int:
        records = tf.data.TFRecordDataset([folder / "rows.gz"], "GZIP").batch(8192)
        return sum(len(batch) for batch in records.as_numpy_iterator())

    return read


def _count_offences(folder: Path) -> Callable[[], Any]:
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

    from tfx_pipeline.components.data_gate.anomalies import count_offences, refused_anomalies

    schema = text_format.Parse(SCHEMA, schema_pb2.Schema())
    anomalies = text_format.Parse(ANOMALIES, anomalies_pb2.Anomalies())

    def count() -> None:
        offences = refused_anomalies(anomalies, schema, warnings_too=False)
        count_offences(offences, [folder / "rows.gz"])
        assert all(len(offence.values) in (1, 3) for offence in offences)

    return count


if __name__ == "__main__":
    main()
