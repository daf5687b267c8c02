"""What Beam's options say."""

from __future__ import annotations

import pytest

from tfx_pipeline.pipeline.beam_options import beam_engine, beam_options


@pytest.mark.parametrize(
    ("words", "engine"),
    [
        ((), ""),
        (("--direct_num_workers=2",), ""),
        (("--runner=DirectRunner",), ""),
        (("--runner=apache_beam.runners.dataflow.DataflowRunner",), "dataflow"),
        (("--runner", "FlinkRunner"), "flink"),
        (("--runner=spark", "--runner=PortableRunner"), "portable"),
    ],
)
def test_beam_engine_is_read_as_beam_reads_it(words: tuple[str, ...], engine: str) -> None:
    assert beam_engine(words) == engine


def test_beam_options_take_values_of_both_forms() -> None:
    assert beam_options(("--a=1", "--b", "2", "--c", "--a=3")) == {"a": "3", "b": "2", "c": ""}
