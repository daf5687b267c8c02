"""Rows are drawn evenly from all files of a split, and damaged files are refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.components.data_gate.samples import read_sample
from tfx_pipeline.errors import StepError
from tfx_pipeline.evaluation.distances.columns import Categories, Numbers


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("split")
    for shard in range(2):
        with tf.io.TFRecordWriter(str(folder / f"{shard}.gz"), "GZIP") as writer:
            for row in range(3000):
                example = tf.train.Example()
                feature = example.features.feature
                feature["row"].int64_list.value.append(shard * 3000 + row)
                if row % 2:
                    feature["name"].bytes_list.value.append(b"odd")
                writer.write(example.SerializeToString())
    return sorted(folder.iterdir())


def test_read_sample_of_a_small_split_gives_every_row_in_order(files: list[Path]) -> None:
    sample = read_sample(files, 50_000, 2, seed=0)
    rows, names = sample.columns["row"], sample.columns["name"]
    assert isinstance(rows, Numbers) and rows.is_whole
    assert rows.values.tolist() == list(range(6000))
    assert isinstance(names, Categories) and names.names == ("odd",)
    assert names.codes.tolist() == [-1, 0] * 3000
    assert (sample.rows.rows, sample.rows.sampled, sample.rows.effective) == (6000, 6000, 6000)


def test_read_sample_of_a_large_split_draws_from_all_of_it_by_its_seed(files: list[Path]) -> None:
    first, again, other = (read_sample(files, 1000, 2, seed) for seed in (1, 1, 2))
    drawn, same, different = (x.columns["row"].values for x in (first, again, other))  # type: ignore[union-attr]
    assert len(np.unique(drawn)) == len(drawn) == 1000
    assert drawn.tolist() == same.tolist() != different.tolist()
    assert np.histogram(drawn, 6, (0, 6000))[0].min() > 120  # of about 167
    assert first.rows.rows == 6000


def test_read_sample_of_a_damaged_file_names_it(files: list[Path], tmp_path: Path) -> None:
    content = gzip.decompress(files[0].read_bytes())
    (tmp_path / "cut.gz").write_bytes(gzip.compress(content[:-5]))
    with pytest.raises(StepError, match=r"cut\.gz.*\n.*no whole record"):
        read_sample([tmp_path / "cut.gz"], 100, 2, 0)
    (tmp_path / "bad.gz").write_bytes(files[0].read_bytes()[:-9] + b"\x00" * 9)
    with pytest.raises(StepError, match=r"bad\.gz"):
        read_sample([tmp_path / "bad.gz"], 100, 2, 0)
    (tmp_path / "half.gz").write_bytes(files[0].read_bytes()[:-20])
    with pytest.raises(StepError, match=r"half\.gz"):
        read_sample([tmp_path / "half.gz"], 100, 2, 0)
