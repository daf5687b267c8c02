"""A job at work: chunks are read, answered and written at the same time, in their order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfx_pipeline.batch.chunks import Chunk, ChunkReader, Position
from tfx_pipeline.batch.engines import Engine
from tfx_pipeline.batch.output.answers import answer_columns
from tfx_pipeline.batch.output.folder import OutputFolder
from tfx_pipeline.batch.output.part_files import OutputFormat, as_file
from tfx_pipeline.batch.reading.blocks import UNREADABLE
from tfx_pipeline.errors import DataError, PipelineError, Problem
from tfx_pipeline.export.rows import Answers
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.table_files import os_problem
from tfx_pipeline.processes.cores import usable_cores
from tfx_pipeline.processes.writing_thread import WritingThread

_AT_ONCE = 1 << 12
"""Rows of a call; always counted from the beginning of a chunk, so that equal ones answer alike."""


@dataclass(frozen=True)
class ChunkWork:
    """What is done with each chunk.

    Attributes:
        engine: that answers.
        folder: of the output.
        written: its format.
        schema: of its files.
        check: raises a DataError where the input is no longer what it was.
        has_digest: whether what was read is remembered with each chunk.
        tell: how many rows are written, is told.
    """

    engine: Engine
    folder: OutputFolder
    written: OutputFormat
    schema: Any
    check: Callable[[], None]
    has_digest: bool
    tell: Callable[[int], None]

    def run(self, chunks: Iterator[Chunk]) -> None:
        """Answer and write all chunks; what stops this leaves those before it whole.

        Raises:
            DataError: the input cannot be read to its end, or changed.
            PipelineError: the output cannot be written.
        """
        writer: WritingThread[tuple[Chunk, Answers]] = WritingThread(self._write)
        cores = usable_cores()
        try:
            with ThreadPoolExecutor(1, "read") as pool, ThreadPoolExecutor(cores, "answer") as team:
                future = pool.submit(next, chunks, None)
                while (chunk := future.result()) is not None:
                    future = pool.submit(next, chunks, None)
                    writer.put((chunk, answered(self.engine, chunk, team)))
        except UnreadableError as error:
            raise DataError([error.problem], UNREADABLE) from error
        finally:
            writer.close()
        writer.check()

    def _write(self, answered_chunks: Iterable[tuple[Chunk, Answers]]) -> None:
        import pyarrow as pa

        for chunk, answers in answered_chunks:
            columns = [*chunk.kept.values(), *answer_columns(answers).values()]
            content = as_file(pa.Table.from_arrays(columns, schema=self.schema), self.written)
            self.check()
            rows = (chunk.count, chunk.count - len(chunk.bad))
            digest = digest_of(chunk) if self.has_digest else ""
            try:
                self.folder.add(content, self.written, rows, chunk.bad, chunk.end, digest)
            except OSError as error:
                raise unwritten(self.folder, error) from error
            self.tell(chunk.count)


def unwritten(folder: OutputFolder, error: OSError) -> PipelineError:
    """Say that the output cannot be written."""
    problem = os_problem(folder.folder, error, "written to")
    step = "make room, then go on with --resume; what is written so far is whole"
    problem = Problem(problem.what, problem.place, problem.received, next_step=step)
    return PipelineError([problem], "the output cannot be written")


def answered(engine: Engine, chunk: Chunk, team: Executor) -> Answers:
    """Answer the good rows of a chunk, several slices at a time."""
    rows = len(next(iter(chunk.cells.values())))

    def answer(start: int) -> Answers:
        return engine.run({name: x[start : start + _AT_ONCE] for name, x in chunk.cells.items()})

    parts = list(team.map(answer, range(0, max(rows, 1), _AT_ONCE)))
    return {name: np.concatenate([each[name] for each in parts]) for name in parts[0]}


def digest_of(chunk: Chunk) -> str:
    """Digest what was read of a chunk, however it was divided when it came."""
    import pyarrow as pa

    digest = hashlib.sha256(repr(chunk.bad).encode("utf-8", "backslashreplace"))
    for values in chunk.cells.values():
        if values.dtype == object:
            digest.update("\0".join(values).encode("utf-8", "surrogatepass"))
        else:
            digest.update(np.ascontiguousarray(values).tobytes())
    if chunk.kept:
        table = pa.table(dict(chunk.kept)).combine_chunks()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        digest.update(sink.getvalue())
    return digest.hexdigest()


def begin_again(
    reader: ChunkReader, folder: OutputFolder, rows: int, *, has_digest: bool
) -> tuple[int, Iterator[Chunk]]:
    """Give the rows of a chunk, and the chunks that are not done; see `ChunkReader.open`.

    What gives rows by a query is asked from its beginning on, and must give the same again.

    Raises:
        DataError: it gives others.
    """
    done = folder.records
    if not done or not has_digest:
        return reader.open(done[-1].end if done else Position(), rows)
    rows, chunks = reader.open(Position(), rows)
    for number, record in enumerate(done):
        chunk = next(chunks, None)
        if chunk is None or digest_of(chunk) != record.read:
            first = sum(each.rows for each in done[:number])
            problem = Problem(
                "the query gives other rows than when the job was begun",
                f"rows {first + 1:,} to {first + record.rows:,}",
                allowed="the same rows in the same order: ORDER BY a key, and no later changes",
                next_step="give another --output to begin anew",
            )
            raise DataError([problem], UNREADABLE)
    return rows, chunks
