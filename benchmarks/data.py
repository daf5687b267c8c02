"""How fast a table becomes examples: rows a second, and memory, beside the stock way and the limit.

    python benchmarks/data.py [--rows 300000,3000000] [--formats csv,parquet] [--stock-rows 300000]

The shipped taxi rows, as many times over. Each way is measured in a process of its own, from the
files to compressed TFRecords in two splits, with the same columns, compression and rows:

    ours    the scan that decides types, labels and problems, the staged copy, and CsvExampleGen's
            executor
    bare    the limit: Arrow reads, ours encodes a batch, TensorFlow's writer writes; nothing looks
            at a cell, and there is one file
    stock   TFX's own CsvExampleGen, by Beam in this process

Seconds are those of the work, without imports. Peak memory is that of the whole process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TIMES = 10_000
"""Rows of the shipped table."""


def main() -> None:
    """Measure, and print a line a way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", default="300000,3000000")
    parser.add_argument("--formats", default="csv,parquet")
    parser.add_argument(
        "--stock-rows", type=int, default=300_000, help="0: leave the stock way out"
    )
    parser.add_argument(
        "--repeat", type=int, default=1, help="of ours and bare: the fastest counts"
    )
    parser.add_argument("--json", type=Path, help="keep all figures in this file")
    parser.add_argument("--one", nargs=3, metavar=("WAY", "FILE", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        way, file, folder = options.one
        print(json.dumps(_measure(WAYS[way], Path(file), Path(folder))))
        return
    figures = []
    with tempfile.TemporaryDirectory() as name:
        print(f"{'':24}{'rows':>10}{'seconds':>10}{'CPU s':>8}{'rows/s':>10}{'MB':>8}")
        for rows in map(int, options.rows.split(",")):
            for kind in options.formats.split(","):
                file = write_table(Path(name) / f"{rows}.{kind}", rows)
                ways = ["ours", "bare"]
                if kind == "csv" and rows == options.stock_rows:
                    ways.append("stock")
                found = {x: _in_process(x, file, options.repeat) for x in ways}
                file.unlink()
                for way, each in found.items():
                    figures.append({"way": way, "format": kind, **each})
                    speed = each["rows"] / each["seconds"]
                    times = f"{each['seconds']:>10.2f}{each['cpu_s']:>8.2f}"
                    line = f"{rows:>10,}{times}{speed:>10,.0f}{each['peak_mb']:>8.0f}"
                    print(f"{f'{way} {kind}':24}{line}", flush=True)
                for other in ways[1:]:
                    ratio = found[other]["seconds"] / found["ours"]["seconds"]
                    print(f"{f'  {other} / ours':24}{'':28}{ratio:>9.2f}x")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


def write_table(file: Path, rows: int) -> Path:
    """Write the shipped rows as often as need be, as CSV or Parquet."""
    header, *lines = (ROOT / "data/taxi/data.csv").read_text().splitlines(keepends=True)
    text = file.with_suffix(".csv")
    with text.open("w") as stream:
        stream.write(header)
        for _ in range(rows // TIMES):
            stream.writelines(lines)
    if file.suffix == ".parquet":
        import pyarrow.parquet as pq
        from pyarrow import csv

        reader = csv.open_csv(text)
        with pq.ParquetWriter(file, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
        text.unlink()
    return file


def _in_process(way: str, file: Path, repeat: int) -> dict[str, Any]:
    """Measure one way in fresh processes; the fastest counts."""
    found = []
    for _ in range(1 if way == "stock" else repeat):
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            command = [sys.executable, __file__, "--one", way, str(file), folder]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{way} failed:\n{done.stderr[-3000:]}")
            found.append(json.loads(done.stdout.splitlines()[-1]))
    return min(found, key=lambda each: float(each["seconds"]))


def _measure(prepare: Callable[[Path, Path], Callable[[], int]], file: Path, folder: Path) -> Any:
    work = prepare(file, folder)
    started, cpu = time.perf_counter(), time.process_time()
    rows = work()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": rows, "seconds": seconds, "cpu_s": cpu, "peak_mb": peak}


def _ours(file: Path, folder: Path) -> Callable[[], int]:
    from tfx.types import standard_artifacts

    from tfx_pipeline.components.example_gen.component import csv_example_gen
    from tfx_pipeline.components.example_gen.executor import ROW_COUNTS, StagedTableExecutor
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.ingestion.staging import stage_table
    from tfx_pipeline.ingestion.table_checks import check_table
    from tfx_pipeline.ingestion.table_reading import read_table
    from tfx_pipeline.runners.input_table import table_needs

    needs = table_needs(load_config(ROOT / "configs/taxi.yaml"))

    def work() -> int:
        table = read_table(file, needs, staging=folder / "staged")
        assert check_table(table) == []
        staged = stage_table(table, folder / "staged")
        component = csv_example_gen(str(staged), 2, 1, seed=0)
        examples = standard_artifacts.Examples()
        examples.uri = str(folder / "examples")
        StagedTableExecutor().Do({}, {"examples": [examples]}, component.exec_properties)
        counts = json.loads(examples.get_string_custom_property(ROW_COUNTS))
        return sum(counts["splits"].values())

    return work


def _bare(file: Path, folder: Path) -> Callable[[], int]:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import tensorflow as tf
    from pyarrow import csv

    from tfx_pipeline.ingestion.example_encoding import ExampleEncoder
    from tfx_pipeline.ingestion.table_reading import read_table

    small = write_table(folder / "small.csv", TIMES)
    types = {plan.name: plan.type for plan in read_table(small).plans}
    arrow = {"int64": pa.int64(), "float32": pa.float32(), "string": pa.string()}
    schema = pa.schema([(name, arrow[type_]) for name, type_ in types.items()])
    encoder = ExampleEncoder(types)
    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)

    def batches() -> Any:
        if file.suffix == ".parquet":
            yield from pq.ParquetFile(file).iter_batches(1 << 15)
        else:
            # Whole numbers stand there as `17031832200.0`, which Arrow takes for no integer.
            read = [(x.name, pa.string() if x.type == "string" else pa.float64()) for x in schema]
            convert = csv.ConvertOptions(
                column_types=pa.schema(read), strings_can_be_null=True, null_values=[""]
            )
            block = csv.ReadOptions(block_size=1 << 22)
            yield from csv.open_csv(file, block, convert_options=convert)

    def typed(batch: Any) -> Any:
        columns = zip(batch.columns, schema, strict=True)
        cast = [column.cast(field.type, safe=False) for column, field in columns]
        return pa.RecordBatch.from_arrays(cast, schema=schema)

    def work() -> int:
        rows = 0
        with tf.io.TFRecordWriter(str(folder / "rows.gz"), options) as writer:
            for batch in batches():
                for example in encoder.encode(typed(batch)).to_pylist():
                    writer.write(example)
                rows += batch.num_rows
        return rows

    return work


def _stock(file: Path, folder: Path) -> Callable[[], int]:
    from tfx.components import CsvExampleGen
    from tfx.components.example_gen.csv_example_gen.executor import Executor
    from tfx.dsl.components.base import base_beam_executor
    from tfx.proto import example_gen_pb2
    from tfx.types import standard_artifacts

    from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS

    alone = folder / "table"
    alone.mkdir()
    (alone / file.name).symlink_to(file)
    splits = [
        example_gen_pb2.SplitConfig.Split(name=name, hash_buckets=weight)
        for name, weight in (("train", 2), ("eval", 1))
    ]
    output = example_gen_pb2.Output(split_config=example_gen_pb2.SplitConfig(splits=splits))
    properties = dict(CsvExampleGen(input_base=str(alone), output_config=output).exec_properties)
    properties["input_config"] = properties["input_config"].replace('"*"', '"*.csv"')
    context = base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=list(BEAM_OPTIONS))

    def work() -> int:
        examples = standard_artifacts.Examples()
        examples.uri = str(folder / "examples")
        Executor(context).Do({}, {"examples": [examples]}, properties)
        with file.open("rb") as lines:
            return sum(1 for _ in lines) - 1

    return work


WAYS: dict[str, Callable[[Path, Path], Callable[[], int]]] = {
    "ours": _ours,
    "bare": _bare,
    "stock": _stock,
}


if __name__ == "__main__":
    main()
