"""The same batches by Beam: each worker reads some of them where the staged copy is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import apache_beam as beam

from tfx_pipeline.ingestion.examples.encoding import ExampleEncoder, listed_examples
from tfx_pipeline.ingestion.examples.splits import Splitter
from tfx_pipeline.ingestion.staged_copy.reading import StagedFile, StagedTable

_BATCHES = 32
"""Batches that are read by one worker; those before them in the file are passed over."""
_COUNTS = "row counts"


class StagedExamples(beam.PTransform):
    """Reads a staged table into serialized examples, an output a split."""

    def __init__(self, table: StagedTable, splitter: Splitter) -> None:
        super().__init__()
        self._table, self._splitter = table, splitter

    def expand(self, pipeline: beam.Pipeline) -> beam.pvalue.DoOutputsTuple:
        """Read batches, encode and divide them."""
        parts = [
            (file, start)
            for file in self._table.files
            for start in range(0, max(file.batches, 1), _BATCHES)
        ]
        return (
            pipeline
            | "Parts" >> beam.Create(parts)
            | "Spread" >> beam.Reshuffle()
            | beam.ParDo(_Encode(self._table.folder, self._splitter)).with_outputs(
                _COUNTS, *self._splitter.names
            )
        )


class _Encode(beam.DoFn):
    """Encodes a part of a file."""

    def __init__(self, folder: str, splitter: Splitter) -> None:
        self._folder, self._splitter = folder, splitter

    def setup(self) -> None:
        self._table = StagedTable(self._folder)
        self._encoder = ExampleEncoder(self._table.types)

    def process(self, part: tuple[StagedFile, int]) -> Iterator[beam.pvalue.TaggedOutput]:
        file, start = part
        tagged = beam.pvalue.TaggedOutput
        names = self._splitter.names
        for batch in self._table.batches(file, start, _BATCHES, as_dictionaries=True):
            examples = listed_examples(self._encoder.encode(batch))
            hashes = self._splitter.row_hashes(examples)
            codes = self._splitter.divide(batch, hashes).codes.tolist()
            for code, example in zip(codes, examples, strict=True):
                yield tagged(names[code], example)
            for code, name in enumerate(names):
                yield tagged(_COUNTS, (name, codes.count(code)))


def count_rows(parts: beam.pvalue.DoOutputsTuple, names: Sequence[str], place: str) -> None:
    """Write the number of rows of each split, as JSON, to a place."""
    none = parts[_COUNTS].pipeline | "None yet" >> beam.Create([(x, 0) for x in names])
    _ = (
        (parts[_COUNTS], none)
        | "All counts" >> beam.Flatten()
        | "Sum" >> beam.CombinePerKey(sum)
        | "Together" >> beam.combiners.ToDict()
        | "As JSON" >> beam.Map(json.dumps)
        | "Write counts" >> beam.io.WriteToText(place, num_shards=1, shard_name_template="")
    )
