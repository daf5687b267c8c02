"""Which networks Vertex AI's machines join, and those of a step's job in Dataflow."""

from __future__ import annotations

import pytest

from tests.targets.fitting_configs import GOOD, in_environment
from tfx_pipeline.pipeline.beam_options import default_beam_options
from tfx_pipeline.targets.conformance import Report, check

NETWORK = "projects/12/global/networks/mine"
HERE = "regions/europe-west4/subnetworks/mine"
SHARED = f"https://www.googleapis.com/compute/v1/projects/host-project/{HERE}"
DATAFLOW = "--runner=DataflowRunner"


def report(*beam: str, **vertex: str) -> Report:
    environment = GOOD["vertex-native"]["environment"]
    environment = {**environment, "vertex": {**environment["vertex"], **vertex}}
    values = {**GOOD["vertex-native"], "environment": {**environment, "beam_options": beam}}
    return check(in_environment(values), "vertex-native")


@pytest.mark.parametrize("network", ["default", "projects/my-project/global/networks/default"])
def test_network_without_its_full_name_is_refused(network: str) -> None:
    (problem,) = report(network=network).errors
    assert problem.allowed == "projects/<project number>/global/networks/<name>"


def test_network_and_dataflow_without_a_subnetwork_is_refused() -> None:
    (problem,) = report(DATAFLOW, network=NETWORK).errors
    assert problem.place == "environment.vertex.subnetwork"
    assert problem.allowed == "regions/europe-west4/subnetworks/<name>"
    emptied = report(DATAFLOW, "--subnetwork=", network=NETWORK, subnetwork=HERE)
    assert [x.place for x in emptied.errors] == ["environment.vertex.subnetwork"]
    assert report(network=NETWORK).errors == ()
    assert report(DATAFLOW).errors == ()


@pytest.mark.parametrize("subnetwork", [HERE, SHARED])
def test_subnetwork_of_dataflows_region_is_taken(subnetwork: str) -> None:
    found = report(DATAFLOW, network=NETWORK, subnetwork=subnetwork)
    assert (found.errors, found.warnings) == ((), ())


@pytest.mark.parametrize("option", [f"--subnetwork={HERE}", "--network=mine"])
def test_network_that_beams_options_name_is_enough(option: str) -> None:
    found = report(DATAFLOW, option, network=NETWORK)
    assert (found.errors, found.warnings) == ((), ())
    (warned,) = report(DATAFLOW, option, network=NETWORK, subnetwork=HERE).warnings
    assert "is ignored" in warned.what


@pytest.mark.parametrize(
    ("beam", "subnetwork", "place"),
    [
        ((DATAFLOW, "--region=us-east1"), HERE, "environment.vertex.subnetwork"),
        ((DATAFLOW,), HERE.replace("west4", "west1"), "environment.vertex.subnetwork"),
        ((DATAFLOW, "--subnetwork=mine"), HERE, "environment.beam_options"),
    ],
)
def test_subnetwork_of_another_region_is_refused(
    beam: tuple[str, ...], subnetwork: str, place: str
) -> None:
    (problem,) = report(*beam, network=NETWORK, subnetwork=subnetwork).errors
    assert problem.place == place


def test_subnetwork_without_dataflow_is_ignored() -> None:
    (warned,) = report(network=NETWORK, subnetwork=HERE).warnings
    assert warned.place == "environment.vertex.subnetwork"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((), [f"--subnetwork={HERE}"]),
        ((f"--subnetwork={SHARED}",), []),
        (("--network", "other"), []),
    ],
)
def test_default_options_name_the_subnetwork_unless_beams_own_do(
    said: tuple[str, ...], expected: list[str]
) -> None:
    environment = {
        **GOOD["vertex-native"]["environment"],
        "vertex": {"project": "my-project", "location": "europe-west4", "subnetwork": HERE},
        "beam_options": (DATAFLOW, *said),
    }
    config = in_environment({"environment": environment})
    found = [x for x in default_beam_options(config) if "network" in x]
    assert found == expected


def test_beam_reads_the_option_that_is_written() -> None:
    options = pytest.importorskip("apache_beam.options.pipeline_options")
    read = options.PipelineOptions([f"--subnetwork={HERE}"]).view_as(options.WorkerOptions)
    assert (read.subnetwork, read.network) == (HERE, None)
