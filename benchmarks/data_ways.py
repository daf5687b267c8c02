"""The ways from a table to examples that `data.py` compares, each run in a process of its own.

    python benchmarks/data_ways.py WAY FILE FOLDER

A line of JSON says what it took. Each way yields what is measured; between, it imports, and takes
the shipped 10,000 rows, so that what happens once is not counted. As in a run, our scan comes
before TensorFlow is imported: beside that, Arrow's CSV reader takes three times as long (0.14 s of
CPU for 300,000 rows become 0.42), which the other ways cannot avoid. Peak memory is that of the
process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHIPPED_ROWS = 10_000


def measured(way: str, file: Path, repeat: int) -> dict[str, Any]:
    """Measure one way in fresh processes: the fastest counts."""
    found = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            command = [sys.executable, __file__, way, str(file), folder]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{way} failed:\n{done.stderr[-3000:]}")
            found.append(json.loads(done.stdout.splitlines()[-1]))
    return min(found, key=lambda each: float(each["seconds"]))


def write_table(file: Path, rows: int) -> Path:
    """Write the shipped rows as often as need be, as CSV or Parquet."""
    header, *lines = (ROOT / "data/taxi/data.csv").read_text().splitlines(keepends=True)
    text = file.with_suffix(".csv")
    with text.open("w") as stream:
        stream.write(header)
        for _ in range(rows // SHIPPED_ROWS):
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


def _measure(way: str, file: Path, folder: Path) -> dict[str, Any]:
    shipped = write_table(folder / f"shipped{file.suffix}", SHIPPED_ROWS)
    rows, seconds, cpu_s = 0, [], 0.0
    for work in WAYS[way](shipped, file, folder):
        started, cpu = time.perf_counter(), time.process_time()
        rows = work()
        seconds.append(time.perf_counter() - started)
        cpu_s += time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"rows": rows, "seconds": sum(seconds), "cpu_s": cpu_s, "peak_mb": peak}
    return figures | {"parts_s": seconds}


def _ours(shipped: Path, file: Path, folder: Path) -> Iterator[Callable[[], int]]:
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.ingestion.checks.table_checks import check_table
    from tfx_pipeline.ingestion.staging import stage_table
    from tfx_pipeline.ingestion.table_reading import read_table
    from tfx_pipeline.runners.input_table import table_needs

    needs = table_needs(load_config(ROOT / "configs/taxi.yaml"))
    staged: dict[Path, Path] = {}

    def scan(path: Path) -> int:
        table = read_table(path, needs, staging=folder / path.stem)
        assert check_table(table) == []
        staged[path] = stage_table(table, folder / path.stem)
        return table.rows

    scan(shipped)
    yield partial(scan, file)
    assert "tensorflow" not in sys.modules

    from tfx.types import standard_artifacts

    from tfx_pipeline.components.example_gen.component import csv_example_gen
    from tfx_pipeline.components.example_gen.executor import StagedTableExecutor
    from tfx_pipeline.ingestion.versions.row_counts import ROW_COUNTS, RowCounts

    def write(path: Path) -> int:
        component = csv_example_gen(str(staged[path]), needs.split)
        examples = standard_artifacts.Examples()
        examples.uri = str(folder / f"{path.stem}-examples")
        StagedTableExecutor().Do({}, {"examples": [examples]}, component.exec_properties)
        counts = RowCounts.from_json(examples.get_string_custom_property(ROW_COUNTS))
        return sum(counts.splits.values())

    write(shipped)
    yield partial(write, file)


def _bare(shipped: Path, file: Path, folder: Path) -> Iterator[Callable[[], int]]:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import tensorflow as tf
    from pyarrow import csv

    from tfx_pipeline.ingestion.examples.encoding import ExampleEncoder
    from tfx_pipeline.ingestion.table_reading import read_table

    types = {plan.name: plan.type for plan in read_table(shipped).plans}
    arrow = {"int64": pa.int64(), "float32": pa.float32(), "string": pa.string()}
    schema = pa.schema([(name, arrow[type_]) for name, type_ in types.items()])
    encoder = ExampleEncoder(types)
    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)

    def batches(file: Path) -> Any:
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

    def work(file: Path) -> int:
        rows = 0
        train, eval_ = (str(folder / f"{name}.gz") for name in ("train", "eval"))
        with (
            tf.io.TFRecordWriter(train, options) as first,
            tf.io.TFRecordWriter(eval_, options) as second,
        ):
            splits = (first, first, second)
            for batch in batches(file):
                for row, example in enumerate(encoder.encode(typed(batch)).to_pylist()):
                    splits[row % 3].write(example)
                rows += batch.num_rows
        return rows

    work(shipped)
    yield partial(work, file)


def _stock(shipped: Path, file: Path, folder: Path) -> Iterator[Callable[[], int]]:
    from tfx.components import CsvExampleGen
    from tfx.components.example_gen.csv_example_gen.executor import Executor
    from tfx.dsl.components.base import base_beam_executor
    from tfx.proto import example_gen_pb2
    from tfx.types import standard_artifacts

    from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS

    splits = [
        example_gen_pb2.SplitConfig.Split(name=name, hash_buckets=weight)
        for name, weight in (("train", 2), ("eval", 1))
    ]
    output = example_gen_pb2.Output(split_config=example_gen_pb2.SplitConfig(splits=splits))
    context = base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=list(BEAM_OPTIONS))

    def work(file: Path) -> int:
        alone = folder / f"{file.stem}-alone"
        alone.mkdir()
        (alone / file.name).symlink_to(file)
        component = CsvExampleGen(input_base=str(alone), output_config=output)
        properties = dict(component.exec_properties)
        properties["input_config"] = properties["input_config"].replace('"*"', '"*.csv"')
        examples = standard_artifacts.Examples()
        examples.uri = str(folder / f"{file.stem}-examples")
        Executor(context).Do({}, {"examples": [examples]}, properties)
        with file.open("rb") as lines:
            return sum(1 for _ in lines) - 1

    work(shipped)
    yield partial(work, file)


WAYS: dict[str, Callable[[Path, Path, Path], Iterator[Callable[[], int]]]] = {
    "ours": _ours,
    "bare": _bare,
    "stock": _stock,
}


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
