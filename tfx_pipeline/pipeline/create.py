"""Make the TFX pipeline of a configuration: the same one, but for `vertex_part`, everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tfx.dsl.components.base import base_component
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import pusher_pb2

from tfx_pipeline.components.pusher.executor import AtomicPusher
from tfx_pipeline.config.metadata_url import metadata_of
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.pipeline import vertex_part
from tfx_pipeline.pipeline.fingerprints import CODE_FINGERPRINT, step_fingerprint
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.pipeline.metadata_connection import connection_config
from tfx_pipeline.pipeline.parts import make_data_part, make_model_part


def create_pipeline(
    config: PipelineConfig,
    inputs: PipelineInputs,
    beam_options: Sequence[str] = (),
    fingerprints: Mapping[str, str] | None = None,
) -> Pipeline:
    """Wire all components.

    Args:
        config: of the pipeline.
        inputs: what its steps read from outside.
        beam_options: the runner's own, which the configuration's come after and overrule.
        fingerprints: of steps, by id, from an earlier compiling: what they were made from, such
            as the curated schema at its own place, need not be on this machine.
    """
    data_nodes, data = make_data_part(config, inputs)
    model_nodes, pushed = make_model_part(config, inputs, data)
    folder = pusher_pb2.PushDestination.Filesystem(base_directory=config.serving_uri)
    destination = pusher_pb2.PushDestination(filesystem=folder)
    pusher = AtomicPusher(push_destination=destination, **pushed).with_id("Pusher")
    nodes = [*data_nodes, *model_nodes, pusher]
    if config.environment.is_vertex_native and config.environment.vertex.push:
        pushed.pop("exported_model", None)  # only one model goes to the Model Registry
        nodes.append(vertex_part.make_pusher(config, pushed, after=pusher))
    for node in nodes:
        if isinstance(node, base_component.BaseComponent):
            # Lets TFX's cache key know the code and the libraries that a step runs.
            known = (fingerprints or {}).get(node.id)
            fingerprint = known or step_fingerprint(config, node.id)
            node.spec.exec_properties[CODE_FINGERPRINT] = fingerprint
    return Pipeline(
        pipeline_name=vertex_part.pipeline_name(config),
        pipeline_root=config.root_uri,
        components=nodes,
        enable_cache=config.environment.cache,
        metadata_connection_config=connection_config(metadata_of(config)),
        beam_pipeline_args=[*beam_options, *config.environment.beam_options],
    )
