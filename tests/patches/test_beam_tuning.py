"""Beam gives the same results with our settings, and does less for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.coders import VarIntCoder
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms import core, userstate

from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS, tune_beam, works_in_this_process

_SEEN = beam.DoFn.StateParam(userstate.BagStateSpec("seen", VarIntCoder()))


class _Numbered(beam.DoFn):
    def process(self, pair: tuple[str, int], seen: Any = _SEEN) -> Iterator[tuple[str, int]]:
        seen.add(pair[1])
        yield pair[0], len(list(seen.read()))


class _Plain(beam.DoFn):
    def process(self, pair: tuple[str, int]) -> Iterator[tuple[str, int]]:
        yield pair


@pytest.fixture(autouse=True)
def tuned() -> None:
    tune_beam()
    tune_beam()  # a second time changes nothing


def pipeline() -> beam.Pipeline:
    return beam.Pipeline(options=PipelineOptions(list(BEAM_OPTIONS)))


def test_tuned_beam_combines_hot_keys_to_the_same_sums() -> None:
    pairs = [("even" if number % 2 == 0 else "odd", number) for number in range(1000)]
    with pipeline() as p:
        sums = p | beam.Create(pairs) | beam.CombinePerKey(sum).with_hot_key_fanout(128)
        assert_that(sums, equal_to([("even", 249_500), ("odd", 250_000)]))


def test_tuned_beam_tells_stateful_functions_from_others() -> None:
    assert userstate.is_stateful_dofn(_Numbered())
    assert not userstate.is_stateful_dofn(_Plain())
    with pipeline() as p:
        pairs = p | beam.Create([("a", 5), ("a", 6), ("b", 7)]) | beam.ParDo(_Numbered())
        assert_that(pairs, equal_to([("a", 1), ("a", 2), ("b", 1)]))


def test_tuned_beam_runs_closures_with_what_they_hold() -> None:
    factor = 3
    with pipeline() as p:
        numbers = p | beam.Create([1, 2]) | beam.Map(lambda n, more: n * factor + more, 1)
        assert_that(numbers, equal_to([4, 7]))


def test_remembered_arguments_of_a_method_lack_self() -> None:
    assert core.get_function_args_defaults(_Plain.process)[0] == ["self", "pair"]
    assert core.get_function_args_defaults(_Plain().process)[0] == ["pair"]
    assert core.get_function_args_defaults(_Plain.process)[0] == ["self", "pair"]


def test_remembered_options_show_what_is_set_later() -> None:
    options = PipelineOptions([])
    assert options.view_as(StandardOptions).runner is None
    options.view_as(StandardOptions).runner = "FnApiRunner"
    assert options.view_as(StandardOptions).runner == "FnApiRunner"
    assert PipelineOptions([]).view_as(StandardOptions).runner is None


@pytest.mark.parametrize(
    ("options", "here"),
    [
        ((), True),
        (BEAM_OPTIONS, True),
        (["--runner=DirectRunner", "--direct_running_mode=in_memory"], True),
        (["--runner=DirectRunner", "--direct_running_mode=multi_processing"], False),
        (["--runner=PrismRunner"], False),
        (["--runner=FlinkRunner"], False),
        (["--runner=PortableRunner", "--job_endpoint=localhost:8099"], False),
    ],
)
def test_works_in_this_process_only_where_beam_would(options: list[str], here: bool) -> None:
    assert works_in_this_process(options) == here


def test_beam_tuned_for_several_processes_sends_functions_that_they_can_read() -> None:
    tune_beam(one_process=False)
    words = [*BEAM_OPTIONS, "--direct_running_mode=multi_processing", "--direct_num_workers=2"]
    with beam.Pipeline(options=PipelineOptions(words)) as p:
        processes = p | beam.Create(range(4)) | beam.Map(lambda _: os.getpid())
        here = os.getpid()
        assert_that(processes | beam.Filter(lambda pid: pid == here), equal_to([]))
