"""BigQueryExampleGen: the rows of a query become `tf.Example` records, by TFX's own component.

What differs from a staged table: rows are divided by TFX's hash, which takes no seed; a missing
value is an empty feature; and nothing has looked at the rows before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from tfx.components.example_gen.driver import QueryBasedDriver
from tfx.extensions.google_cloud_big_query.example_gen.component import BigQueryExampleGen
from tfx.proto import example_gen_pb2

_ASKED_AT = "asked_at"


class AskingAgain(QueryBasedDriver):
    """Lets each run ask again: TFX's cache knows the query, and not when its tables change."""

    def resolve_exec_properties(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the moment to what the cache compares."""
        properties = super().resolve_exec_properties(*args, **kwargs)
        return {**properties, _ASKED_AT: datetime.now(timezone.utc).isoformat()}


class FreshBigQueryExampleGen(BigQueryExampleGen):
    """TFX's component with that driver."""

    DRIVER_CLASS = AskingAgain


def big_query_example_gen(
    query: str, weights: Mapping[str, int], project: str, temp_location: str
) -> FreshBigQueryExampleGen:
    """Make the component that reads the rows of `query` into splits of these weights.

    `project` runs the query and pays for it; the rows are exported to `temp_location`, `gs://…`,
    and read from there.
    """
    split = example_gen_pb2.SplitConfig
    splits = [split.Split(name=name, hash_buckets=weight) for name, weight in weights.items()]
    example_gen = FreshBigQueryExampleGen(
        query=query,
        output_config=example_gen_pb2.Output(split_config=split(splits=splits)),
    )
    example_gen.with_beam_pipeline_args(
        [f"--project={project}", f"--temp_location={temp_location}"]
    )
    return example_gen.with_id("BigQueryExampleGen")
