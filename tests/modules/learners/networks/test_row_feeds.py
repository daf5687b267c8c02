from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

from tfx_pipeline.modules.learners.networks import row_feeds
from tfx_pipeline.modules.learners.networks.row_feeds import FileFeed, MemoryFeed

pytestmark = pytest.mark.slow
COUNT = 1000
NUMBERS = np.arange(COUNT, dtype=np.float32)[:, np.newaxis]
LABELS = np.arange(COUNT, dtype=np.float32) * 10
WEIGHTS = np.arange(COUNT, dtype=np.float32) + 1


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(row_feeds, "_BLOCK_ROWS", 16)


def feeds(batch=7):
    return {
        "memory": MemoryFeed({"numbers": NUMBERS}, LABELS, WEIGHTS),
        "files": FileFeed({"numbers": NUMBERS}, LABELS, WEIGHTS, batch),
    }


def taken(parts):
    """The rows, part by part, and that inputs, labels and weights belong together."""
    rows = []
    for part in parts:
        found = part.inputs["numbers"].numpy()[part.order.numpy(), 0]
        assert (part.labels.numpy()[part.order.numpy()] == 10 * found).all()
        assert (part.weights.numpy()[part.order.numpy()] == found + 1).all()
        rows.append(found.astype(int).tolist())
    return rows


def joined(parts):
    return list(itertools.chain(*taken(parts)))


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_shuffled_gives_each_row_once_in_another_order_each_epoch(kind):
    rows = np.random.default_rng(1).permutation(COUNT)[:777].astype(np.int32)
    random = np.random.default_rng(2)
    feed = feeds()[kind]
    epochs = [joined(feed.shuffled(rows, random)) for _ in range(2)]
    for epoch in epochs:
        assert sorted(epoch) == sorted(rows.tolist())
        assert epoch != sorted(epoch)
    assert epochs[0] != epochs[1]
    again = joined(feeds()[kind].shuffled(rows, np.random.default_rng(2)))
    assert again == epochs[0]


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_in_order_gives_each_row_once(kind):
    rows = np.array([3, 999, 500, 4], np.int32)
    assert sorted(joined(feeds()[kind].in_order(rows))) == [3, 4, 500, 999]


def test_files_come_in_many_parts_of_whole_batches_and_a_last_one():
    parts = taken(
        feeds()["files"].shuffled(np.arange(COUNT, dtype=np.int32), np.random.default_rng(0))
    )
    sizes = [len(part) for part in parts]
    assert len(sizes) > 10
    assert not any(size % 7 for size in sizes[:-1])
    assert sum(sizes) == COUNT
    # Rows of one block go to one part, or the next: yet neighbours are not together.
    assert max(abs(np.diff(parts[3]))) > 100


def test_files_end_their_thread_when_nobody_takes_the_rest():
    parts = feeds()["files"].in_order(np.arange(COUNT, dtype=np.int32))
    next(parts)
    parts.close()
    assert not [x for x in threading.enumerate() if x.name == "training rows"]


def test_files_raise_what_went_wrong_while_reading(monkeypatch):
    def fail(array, rows):
        raise OSError("disk gone")

    monkeypatch.setattr(row_feeds, "_rows", fail)
    with pytest.raises(OSError, match="disk gone"):
        list(feeds()["files"].in_order(np.arange(10, dtype=np.int32)))
