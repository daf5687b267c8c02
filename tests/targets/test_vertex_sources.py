"""What the rules say of Vertex AI is what the installed libraries of Google publish."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from tfx_pipeline.runners.cluster.submission import ENDS
from tfx_pipeline.targets.conformance import RULES
from tfx_pipeline.targets.vertex_published import (
    JOB_NAME,
    LONGEST_NAME,
    MACHINES_OF_ACCELERATORS,
    MOST_VARIABLES,
    REGIONS,
)

pytestmark = pytest.mark.slow  # they import Google's libraries
types: Any = pytest.importorskip("google.cloud.aiplatform_v1.types")


def _said(kind: Any, field: str) -> str:
    """Give what the docstring of a type says of a field, in one line."""
    text = inspect.cleandoc(kind.__doc__)
    found = re.search(rf"^ {{4}}{field} \(.*?(?=^ {{4}}\w+ \(|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{kind.__name__} has no {field}"
    return " ".join(found[0].split())


@pytest.mark.parametrize(
    ("kind", "field", "words"),
    [
        ("PipelineJob", "display_name", f"up to {LONGEST_NAME} characters"),
        ("CustomJob", "display_name", f"up to {LONGEST_NAME} characters"),
        ("Endpoint", "display_name", f"up to {LONGEST_NAME} characters"),
        ("Schedule", "display_name", f"up to {LONGEST_NAME} characters"),
        ("PipelineJob", "labels", "no longer than 64 characters"),
        ("PipelineJob", "labels", "lowercase letters, numeric characters, underscores and dashes"),
        ("PipelineJob", "labels", "International characters are allowed"),
        ("CustomJob", "labels", "no longer than 64 characters"),
        ("ContainerSpec", "env", f"Maximum limit is {MOST_VARIABLES}"),
        ("EnvVar", "name", "Must be a valid C identifier"),
        ("PipelineJob", "network", "``projects/12345/global/networks/myVPC``"),
        ("PipelineJob", "network", "{project} is a project number"),
        ("CustomJobSpec", "network", "{project} is a project number"),
        ("Schedule", "cron", 'or "TZ=${IANA_TIME_ZONE}"'),
        ("CreateContextRequest", "context_id", "4-128 characters"),
        ("CreatePipelineJobRequest", "pipeline_job_id", "less than 128 characters"),
        ("DedicatedResources", "max_replica_count", "min_replica_count"),
    ],
)
def test_rules_say_what_the_type_says(kind: str, field: str, words: str) -> None:
    assert words in _said(getattr(types, kind), field)


def test_regions_are_those_of_the_client() -> None:
    from google.cloud.aiplatform.constants import base

    assert set(REGIONS) == base.SUPPORTED_REGIONS - {"global"}


def test_accelerators_are_those_of_the_type() -> None:
    names = {x.name for x in types.AcceleratorType if x.name.startswith("NVIDIA_")}
    assert set(MACHINES_OF_ACCELERATORS) == names - {"NVIDIA_TESLA_K80"}  # there no more


def test_job_name_is_that_of_the_client() -> None:
    from google.cloud.aiplatform.constants import pipeline

    assert pipeline._VALID_NAME_PATTERN.pattern == f"^{JOB_NAME.pattern}$"


def test_end_states_of_a_run_are_all_known() -> None:
    going_on = {"UNSPECIFIED", "QUEUED", "PENDING", "RUNNING", "CANCELLING"}
    states = {x.name.removeprefix("PIPELINE_STATE_") for x in types.PipelineState} - going_on
    assert states - {"PAUSED"} <= set(ENDS)
    assert ENDS["CANCELLED"] == "stopped"


def test_every_rule_of_vertex_alone_names_a_type_that_is_there() -> None:
    import apache_beam.options.pipeline_options as beam
    from google.cloud import aiplatform
    from kfp.pipeline_spec import pipeline_spec_pb2

    for rule in RULES:
        words = re.findall(r"\b[A-Z][A-Za-z]+(?:\.\w+)*", rule.source)
        for word in words:
            if word in ("Beam", "Google"):
                continue
            name, *fields = word.split(".")
            if name == "SUPPORTED_REGIONS" or name.isupper():
                continue
            owner = next(x for x in (types, beam, pipeline_spec_pb2) if hasattr(x, name))
            kind = getattr(owner, name)
            for field in fields:
                inner = getattr(kind, field, None)
                assert inner is not None or field in _fields(kind), f"{rule.feature}: {word}"
                kind = inner or kind
    assert aiplatform.constants.base.SUPPORTED_REGIONS


def _fields(kind: Any) -> set[str]:
    if hasattr(kind, "meta"):
        return set(kind.meta.fields)
    words = re.findall(r"'--(\w+)'", __import__("inspect").getsource(kind))
    return set(words)
