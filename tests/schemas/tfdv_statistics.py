"""TFDV's statistics over the examples that a pipeline would make of a table."""

from __future__ import annotations

import pyarrow as pa
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from tfx_pipeline.schemas.typed_columns import TypedTable


def statistics_of(table: TypedTable) -> statistics_pb2.DatasetFeatureStatisticsList:
    """A column without any value is no feature: no example has it."""
    columns: dict[str, list[pa.Array]] = {name: [] for name in table.header}
    rows = 0
    for block in table.blocks():
        rows += block.rows
        for name in columns:
            columns[name].append(block.columns[name].values)
    lists = {}
    for name, blocks in columns.items():
        values = pa.chunked_array(blocks).combine_chunks()
        if values.null_count == rows:
            continue
        type_ = pa.binary() if pa.types.is_string(values.type) else values.type
        of_rows = [None if value is None else [value] for value in values.to_pylist()]
        lists[name] = pa.array(of_rows, pa.list_(type_))
    batch = pa.RecordBatch.from_arrays(list(lists.values()), list(lists))
    return stats_impl.generate_statistics_in_memory(batch)


def without_types(schema: schema_pb2.Schema, names: set[str]) -> schema_pb2.Schema:
    """Forget columns whose cells do not fit: then their examples have what the cells look like."""
    less = schema_pb2.Schema()
    less.feature.extend(feature for feature in schema.feature if feature.name not in names)
    return less
