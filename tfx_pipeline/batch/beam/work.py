"""A job whose rows go to BulkInferrer, a wave of chunks at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.batch.beam.answers import AnswerTable, read_answers
from tfx_pipeline.batch.beam.bulk_inferrer import infer, split_folder
from tfx_pipeline.batch.beam.examples import ExampleFiles, has_example, row_name, unused_name
from tfx_pipeline.batch.chunks import Chunk
from tfx_pipeline.batch.engines import no_answers
from tfx_pipeline.batch.models import BatchModel
from tfx_pipeline.batch.reading.blocks import UNREADABLE
from tfx_pipeline.batch.running import ChunkWork, unwritten
from tfx_pipeline.errors import DataError
from tfx_pipeline.export.rows import Answers
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.storage.local_files import make_folder

MOST_ROWS = 1 << 22
"""Of a wave: what a job that was killed does again, and what lies on the disk, at most."""
_MOST_BYTES = 1 << 28
"""Of the columns of a wave that wait here to be passed through."""


@dataclass
class _Wave:
    """Chunks that go to Beam together; `rows` are their good ones, numbered from 0.

    `numbers` are of the rows that a tf.Example cannot say, and `answers` theirs.
    """

    chunks: list[Chunk] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    numbers: list[NDArray[np.int64]] = field(default_factory=list)
    answers: list[Answers] = field(default_factory=list)
    rows: int = 0
    waiting_bytes: int = 0

    def add(self, chunk: Chunk, size: int) -> None:
        self.chunks.append(chunk)
        self.sizes.append(size)
        self.rows += size
        self.waiting_bytes += sum(column.nbytes for column in chunk.kept.values())

    @property
    def is_full(self) -> bool:
        return self.rows >= MOST_ROWS or self.waiting_bytes >= _MOST_BYTES

    def answered(self, table: AnswerTable) -> Iterator[tuple[Chunk, Answers]]:
        """Give each chunk its answers."""
        start = 0
        for chunk, size in zip(self.chunks, self.sizes, strict=True):
            yield chunk, {name: x[start : start + size] for name, x in table.columns.items()}
            start += size


@dataclass(frozen=True)
class BeamWork(ChunkWork):
    """See `ChunkWork`; `engine` answers here the few rows that a tf.Example cannot say.

    Attributes:
        model: that answers.
        beam_options: Beam's, as on a command line; none: it works in this process.
    """

    model: BatchModel
    beam_options: Sequence[str]

    def run(self, chunks: Iterator[Chunk]) -> None:
        """See `ChunkWork.run`.

        Raises:
            DataError: the input cannot be read to its end, or changed.
            PipelineError: Beam does not answer, or the output cannot be written.
        """
        place = self.folder.work_folder
        try:
            while (wave := self._read(chunks, place)).chunks:
                self._write(wave.answered(self._answers(wave, place)))
        except UnreadableError as error:
            raise DataError([error.problem], UNREADABLE) from error
        except OSError as error:
            raise unwritten(self.folder, error) from error
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _read(self, chunks: Iterator[Chunk], place: Path) -> _Wave:
        """Read the next wave, which is empty at the end; its examples are written then."""
        shutil.rmtree(place, ignore_errors=True)  # of the wave before, or of a job that was killed
        columns, wave = self.engine.columns, _Wave()
        folder = split_folder(place / "examples")
        make_folder(folder)
        files = ExampleFiles(folder, columns)
        for chunk in chunks:
            exact = has_example(chunk.cells, columns)
            numbers = wave.rows + np.arange(len(exact))
            files.write({name: x[exact] for name, x in chunk.cells.items()}, numbers[exact])
            if not exact.all():
                others = {name: x[~exact] for name, x in chunk.cells.items()}
                wave.numbers.append(numbers[~exact])
                wave.answers.append(self.engine.run(others))
            # What was read is digested when it is written.
            wave.add(chunk if self.has_digest else replace(chunk, cells={}), len(exact))
            if wave.is_full:
                break
        return wave

    def _answers(self, wave: _Wave, place: Path) -> AnswerTable:
        """Let Beam answer a wave."""
        columns, like = self.engine.columns, no_answers(self.engine)
        table = AnswerTable(like, wave.rows)
        for answers, numbers in zip(wave.answers, wave.numbers, strict=True):
            table.put(answers, numbers)
        if not table.is_there.all():
            examples, output = place / "examples", place / "answers"
            names = {key: unused_name(f"answer {key}", columns) for key in like}
            infer(self.model, examples, output, names, self.beam_options)
            found = read_answers(split_folder(output), row_name(columns), names, like)
            for answers, numbers in found:
                table.put(answers, numbers)
            table.check()
        return table
