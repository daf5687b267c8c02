"""A pipeline of Beam as a step of TFX makes it: by its options, with functions of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apache_beam as beam
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor


class BeamStep(BaseBeamExecutor):
    """Counts words."""

    @classmethod
    def run(cls, words: Sequence[str]) -> None:
        """Run with these options of Beam."""
        context = cls.Context(beam_pipeline_args=[*words])
        cls(context).Do({}, {}, {})

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None:
        """Do what a step does."""
        with self._make_beam_pipeline() as pipeline:
            (
                pipeline
                | "Words" >> beam.Create(["a", "b", "a"])
                | "Pair" >> beam.Map(lambda word: (word, 1))
                | "Sum" >> beam.CombinePerKey(sum)
            )
