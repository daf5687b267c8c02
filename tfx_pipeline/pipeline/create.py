"""Make the TFX pipeline of a configuration: the same one for every orchestrator."""

from __future__ import annotations

from collections.abc import Sequence

from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.components.base import base_component, base_node
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import pusher_pb2

from tfx_pipeline.components.pusher.component import AtomicPusher
from tfx_pipeline.config.metadata_url import metadata_of
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.pipeline import vertex_part
from tfx_pipeline.pipeline.data_part import make_data_part
from tfx_pipeline.pipeline.fingerprints import step_fingerprint
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.pipeline.metadata_connection import connection_config
from tfx_pipeline.pipeline.model_part import make_model_part
from tfx_pipeline.pipeline.parts import ModelPart


def create_pipeline(
    config: PipelineConfig, inputs: PipelineInputs, beam_options: Sequence[str] = ()
) -> Pipeline:
    """Wire all components.

    Args:
        config: the configuration.
        inputs: what the steps read from outside.
        beam_options: the runner's own, which the configuration's come after and overrule.
    """
    data = make_data_part(config, inputs)
    model = make_model_part(config, data)
    pusher = _make_pusher(config, model)
    nodes = [*data.nodes, *model.nodes, pusher]
    if config.environment.is_vertex_native and config.environment.vertex.push:
        nodes.append(vertex_part.make_pusher(config, model, after=pusher))
    for node in nodes:
        _add_fingerprint(node, config)
    return Pipeline(
        pipeline_name=vertex_part.pipeline_name(config),
        pipeline_root=config.root_uri,
        components=nodes,
        enable_cache=config.environment.cache,
        metadata_connection_config=metadata_connection(config),
        beam_pipeline_args=[*beam_options, *config.environment.beam_options],
    )


def metadata_connection(
    config: PipelineConfig,
) -> metadata_store_pb2.ConnectionConfig | metadata_store_pb2.MetadataStoreClientConfig:
    """Say where ML Metadata is kept; a password is known only where a step runs."""
    return connection_config(metadata_of(config))


def _make_pusher(config: PipelineConfig, model: ModelPart) -> AtomicPusher:
    filesystem = pusher_pb2.PushDestination.Filesystem(base_directory=config.serving_uri)
    return AtomicPusher(
        model=model.model,
        model_blessing=model.blessing,
        infra_blessing=model.infra_blessing,
        push_destination=pusher_pb2.PushDestination(filesystem=filesystem),
    ).with_id("Pusher")


def _add_fingerprint(node: base_node.BaseNode, config: PipelineConfig) -> None:
    """Let TFX's cache key know the code and the libraries that a step runs."""
    if not isinstance(node, base_component.BaseComponent):
        return
    node.spec.exec_properties["code_fingerprint"] = step_fingerprint(config, node.id)
