"""Processes that write to one metadata store at once, as TFX does it for a node.

    python -m tests.runners.metadata.racing ROUNDS PROCESSES URL…

prints a line for each process: the URL, and `done` or the error. All wait for one another after
they have connected; each round is a run with types of its own, because types are what is
registered once.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from ml_metadata.proto.metadata_store_pb2 import ExecutionType
from tfx.orchestration.portable import execution_publish_utils as publishing
from tfx.orchestration.portable.mlmd import context_lib
from tfx.proto.orchestration import pipeline_pb2
from tfx.types import standard_artifacts

from tfx_pipeline.config.metadata_url import parse_url
from tfx_pipeline.runners.metadata.session import MetadataSession

_HEAD_START_S = 0.4


def race(url: str, rounds: int, processes: int) -> None:
    """Fork the processes, which is cheaper than to import TFX in each."""
    for number in range(rounds):
        start = time.time() + _HEAD_START_S
        children = []
        for child in range(processes):
            pid = os.fork()
            if pid == 0:
                _end_with(url, f"run{number}", f"Node{child}", start)
            children.append(pid)
        for pid in children:
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if status:
                os.write(1, f"{url} ended with status {status}\n".encode())


def _end_with(url: str, run: str, node: str, start: float) -> None:
    outcome = "done"
    try:
        _write(url, run, node, start)
    except BaseException as error:
        outcome = f"{type(error).__name__}: {error}".replace("\n", " ")
    os.write(1, f"{url} {outcome}\n".encode())
    os._exit(0)


def _write(url: str, run: str, node: str, start: float) -> None:
    session = MetadataSession(parse_url(url))
    with session:
        pass
    time.sleep(max(0.0, start - time.time() - 0.02))
    while time.time() < start:  # closer than `sleep` is
        pass
    with session as handle:
        contexts = context_lib.prepare_contexts(handle, _contexts(run, node))
        execution = publishing.register_execution(
            handle, ExecutionType(name=f"type.{run}"), contexts, exec_properties={"rows": 3}
        )
    model = standard_artifacts.Model()
    model.uri, model.name = f"/models/{run}/{node}", f"race:{run}:{node}:model:0"
    with session as handle:
        cache = context_lib.register_context_if_not_exists(handle, f"cache.{run}", node)
        publishing.publish_succeeded_execution(
            handle, execution.id, [*contexts, cache], {"model": [model]}
        )


def _contexts(run: str, node: str) -> Any:
    contexts = pipeline_pb2.NodeContexts()
    for kind, name in (("pipeline", "race"), ("run", run), ("node", node)):
        context = contexts.contexts.add()
        context.type.name = f"{kind}.{run}"
        context.name.field_value.string_value = name
    return contexts


if __name__ == "__main__":
    for each in sys.argv[3:]:
        race(each, int(sys.argv[1]), int(sys.argv[2]))
