"""The batches of a split scored: by threads of this process, or by the workers of a Beam engine."""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import apache_beam as beam

from tfx_pipeline.components.evaluator.scoring import BatchScorer, ScoredBatch, ScoringPlan
from tfx_pipeline.components.evaluator.split_files import blocks_of
from tfx_pipeline.storage import fileio

_THREADS = min(4, os.cpu_count() or 1)


def scored_here(files: Sequence[str], scorer: BatchScorer) -> Iterator[ScoredBatch]:
    """Score a split's blocks in threads, a few read ahead; they come in their order."""
    ahead: deque[Future[ScoredBatch]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        for rows in blocks_of(files):
            ahead.append(pool.submit(scorer.score, rows))
            if len(ahead) > _THREADS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def scored_by_beam(
    make_pipeline: Callable[[], Any], files: Sequence[str], plan: ScoringPlan, place: str
) -> Iterator[ScoredBatch]:
    """Score a split's blocks on workers, which leave what they found in a folder.

    Args:
        make_pipeline: makes Beam's pipeline.
        files: places of the split's files, that workers can read.
        plan: its models are where workers can read them.
        place: folder, or URI, that this process and the workers see; it is gone at the end.
    """
    fileio.remove_tree(place)  # of an attempt that was killed
    try:
        with make_pipeline() as pipeline:
            (
                pipeline
                | "Files" >> beam.Create(list(enumerate(files)))
                | "ReadBlocks" >> beam.FlatMap(_numbered_blocks)
                | "Spread" >> beam.Reshuffle()
                | "Score" >> beam.ParDo(_Score(plan, place))
            )
        for name in fileio.list_folder(place):
            yield pickle.loads(fileio.read_bytes(fileio.join(place, name)))
    finally:
        fileio.remove_tree(place)


def _numbered_blocks(file: tuple[int, str]) -> Iterator[tuple[str, list[bytes]]]:
    """Name blocks so that their names come in the order of the rows."""
    number, place = file
    for block, rows in enumerate(blocks_of([place])):
        yield f"{number:06}-{block:08}", rows


class _Score(beam.DoFn):
    """Scores blocks; a block that is scored again, by another worker, gives the same file."""

    def __init__(self, plan: ScoringPlan, place: str) -> None:
        super().__init__()
        self._plan, self._place = plan, place
        self._scorer: BatchScorer | None = None

    def setup(self) -> None:
        """Load the models, once a worker."""
        self._scorer = BatchScorer(self._plan)

    def process(self, block: tuple[str, list[bytes]]) -> None:
        """Score one."""
        assert self._scorer is not None
        name, rows = block
        scored = pickle.dumps(self._scorer.score(rows))
        fileio.write_bytes(fileio.join(self._place, name), scored)

    def teardown(self) -> None:
        """Let go of the models."""
        self._scorer = None
