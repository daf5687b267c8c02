"""Rules on the networks that Vertex AI's machines join, and those that its steps ask Dataflow for.

Vertex AI gives a run's network to the machines of the steps and of Vertex Training. A job of
Dataflow is started by Beam in a step: it joins the network `default` of the project unless Beam's
options name another, by a subnetwork or, where there is one in each region, by the network.
Source: https://cloud.google.com/dataflow/docs/guides/specifying-networks
"""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.pipeline.beam_options import all_beam_options, beam_engine, beam_options
from tfx_pipeline.targets.rules import HERE, VERTEX, Finding, Level, Rules, Situation, on
from tfx_pipeline.targets.vertex_published import NETWORK

_NETWORK: KeyPath = ("environment", "vertex", "network")
_SUBNETWORK: KeyPath = ("environment", "vertex", "subnetwork")

RULES = Rules()


def _on_dataflow(situation: Situation) -> dict[str, str] | None:
    """Give the configuration's own options of Beam, if its engine is Dataflow."""
    config = situation.config
    if beam_engine(all_beam_options(config)) != "dataflow":
        return None
    said = beam_options(config.environment.beam_options)
    region = config.environment.beam.dataflow.region
    return {"region": region, **said} if region else said


@RULES.add(
    "a network by its short name",
    on(Level.ERROR, *VERTEX),
    "projects/<number>/global/networks/<name>",
    source="PipelineJob.network, CustomJobSpec.network",
)
def _network(situation: Situation) -> Iterator[Finding]:
    network = situation.config.environment.vertex.network
    if network is not None and not NETWORK.fullmatch(network):
        what = "`environment.vertex.network`: Vertex AI takes only a network's full name"
        yield Finding(_NETWORK, what, network, "projects/<project number>/global/networks/<name>")


@RULES.add(
    "a network, and Dataflow without a subnetwork of it",
    on(Level.ERROR, *VERTEX),
    "`environment.vertex.subnetwork`",
    (*HERE, "kfp"),
    "Beam's WorkerOptions.subnetwork",
)
def _dataflow_elsewhere(situation: Situation) -> Iterator[Finding]:
    vertex, options = situation.config.environment.vertex, _on_dataflow(situation)
    if options is None or vertex.network is None:
        return
    said = {"subnetwork", "network"} & set(options)  # what Beam's own options say goes before
    if not (any(options[x] for x in said) if said else vertex.subnetwork):
        what = (
            "`environment.vertex.subnetwork` is missing: Dataflow's machines would join the"
            " network `default`, not `environment.vertex.network`"
        )
        region = options.get("region") or vertex.location or "<region>"
        next_step = (
            "give the name of a subnetwork; where the network has one of its own name in each"
            " region, --network=<name> in environment.beam_options is enough"
        )
        allowed = f"regions/{region}/subnetworks/<name>"
        yield Finding(_SUBNETWORK, what, None, allowed, next_step)


@RULES.add(
    "a subnetwork in another region than Dataflow's",
    on(Level.ERROR, *VERTEX),
    "of `environment.vertex.location`, or of `--region`",
    (*HERE, "kfp"),
    "Beam's WorkerOptions.subnetwork",
)
def _other_region(situation: Situation) -> Iterator[Finding]:
    vertex, options = situation.config.environment.vertex, _on_dataflow(situation)
    if options is None:
        return
    region = options.get("region") or vertex.location
    said = options.get("subnetwork") or vertex.subnetwork
    if said and region and f"regions/{region}/subnetworks/" not in said:
        path = ("environment", "beam_options") if options.get("subnetwork") else _SUBNETWORK
        what = f"the subnetwork is in another region than Dataflow's job: {region}"
        yield Finding(path, what, said, f"regions/{region}/subnetworks/<name>")


@RULES.add(
    "two networks: a subnetwork, and another network for Dataflow",
    on(Level.IGNORED, *VERTEX),
    "one of them",
    (*HERE, "kfp"),
    "Beam's WorkerOptions.network",
)
def _two(situation: Situation) -> Iterator[Finding]:
    options = _on_dataflow(situation)
    if options is None or not situation.config.environment.vertex.subnetwork:
        return
    for name in ("subnetwork", "network"):
        if name in options:
            what = f"`environment.vertex.subnetwork` is ignored: --{name} of Beam is said as well"
            yield Finding(_SUBNETWORK, what, next_step="leave one of them out")
            return


@RULES.add(
    "a subnetwork, and no Dataflow",
    on(Level.IGNORED, *VERTEX),
    "`--runner=DataflowRunner`",
    (*HERE, "kfp"),
    "PipelineJob.network",
)
def _no_dataflow(situation: Situation) -> Iterator[Finding]:
    if situation.config.environment.vertex.subnetwork and _on_dataflow(situation) is None:
        what = "`environment.vertex.subnetwork` is ignored: Vertex AI chooses one of the network"
        next_step = "leave it out, or say --runner=DataflowRunner in environment.beam_options"
        yield Finding(_SUBNETWORK, what, next_step=next_step)
