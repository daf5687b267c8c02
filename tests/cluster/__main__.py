"""Bring the cluster up, give it commands, take it down.

python -m tests.cluster build                    what is not built yet, once a machine
python -m tests.cluster built                    status 0 where it is built, with room for an image
python -m tests.cluster up [--kubeflow VERSION]  Kubernetes, and Kubeflow Pipelines on it
python -m tests.cluster down [--all]             ends it; --all forgets its state too
python -m tests.cluster kubectl WORDS…           kubectl, as one who may do everything
python -m tests.cluster inside COMMAND…          any command in the cluster's network
python -m tests.cluster image [--thin]           the image of the steps: built, put into the node
python -m tests.cluster test [WORDS…]            up, the tests of the cluster, down
python -m tests.cluster test-kubeflow [WORDS…]   the same for each version of Kubeflow
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from tests.cluster import image_build, pipeline_image
from tests.cluster.kubeflow import building, running
from tests.cluster.kubeflow.versions import VERSIONS
from tests.cluster.node import kubectl, kubernetes, programs
from tests.cluster.node.processes import ClusterError, inside

_TESTS = "tests/cluster"
_KUBEFLOW_TESTS = f"{_TESTS}/kubeflow"


def main(words: list[str]) -> int:
    """Do what the command line asks, and return the exit status."""
    passed_on = words[:1] in (["kubectl"], ["inside"])
    asked, rest = _parser().parse_known_args(words[:1] if passed_on else words)
    rest = words[1:] if passed_on else rest
    try:
        return int(_COMMANDS[asked.command](asked, rest))
    except ClusterError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.cluster",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=_COMMANDS)
    parser.add_argument("--kubeflow", choices=VERSIONS, help="with this version of it")
    parser.add_argument("--all", action="store_true", help="with all that was written")
    parser.add_argument("--thin", action="store_true", help="this checkout on the built image")
    parser.add_argument("--keep", action="store_true", help="leave it running after the tests")
    return parser


def _build(asked: argparse.Namespace, rest: list[str]) -> int:
    programs.build()
    for name in [asked.kubeflow] if asked.kubeflow else []:
        building.build(VERSIONS[name])
    if asked.kubeflow or asked.command != "up":  # Kubernetes alone needs no image of ours
        image_build.build()
    return 0


def _built(asked: argparse.Namespace, rest: list[str]) -> int:
    absent = programs.missing()
    lacks = f"not built: {', '.join(absent)}" if absent else image_build.no_room()
    print(f"cluster: {lacks or 'all is built'}")
    return bool(lacks)


def _up(asked: argparse.Namespace, rest: list[str]) -> int:
    _build(asked, rest)
    print(f"cluster: Kubernetes is up after {kubernetes.up():.1f} s", flush=True)
    if asked.kubeflow:
        took = running.up(VERSIONS[asked.kubeflow])
        print(f"cluster: Kubeflow Pipelines {asked.kubeflow} is up after {took:.1f} s: ", end="")
        print(running.api_address(), flush=True)
    return 0


def _down(asked: argparse.Namespace, rest: list[str]) -> int:
    if running.running():
        running.down(everything=asked.all)
    kubernetes.down(everything=asked.all)
    return 0


def _kubectl(asked: argparse.Namespace, rest: list[str]) -> int:
    return subprocess.run(kubectl.command(*rest), check=False).returncode


def _inside(asked: argparse.Namespace, rest: list[str]) -> int:
    return subprocess.run(inside(rest), check=False).returncode


def _image(asked: argparse.Namespace, rest: list[str]) -> int:
    if not asked.thin:
        image_build.build()
        print(image_build.report(), flush=True)
    if not kubernetes.is_up():
        print("cluster: it is not up, so no node got the image; tests that need it put it there")
        return int(asked.thin)
    took = pipeline_image.put_thin() if asked.thin else pipeline_image.put()
    print(f"cluster: {pipeline_image.NAME} is in the node after {took:.1f} s")
    return 0


def _test(asked: argparse.Namespace, rest: list[str]) -> int:
    words = [_TESTS, f"--ignore={_KUBEFLOW_TESTS}", *rest]
    try:
        _up(asked, rest)
        return _pytest(words)
    finally:
        if not asked.keep:
            _down(asked, rest)


def _test_kubeflow(asked: argparse.Namespace, rest: list[str]) -> int:
    names = [asked.kubeflow] if asked.kubeflow else list(VERSIONS)
    statuses = []
    for name in names:
        asked.kubeflow = name
        try:
            _up(asked, rest)
            statuses.append(_pytest([_KUBEFLOW_TESTS, *rest]))
        finally:
            if not asked.keep:
                running.down(everything=True)
    if not asked.keep:
        kubernetes.down()
    return max(statuses)


def _pytest(words: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-m", "cluster", *words]
    return subprocess.run(command, env=os.environ, check=False).returncode


_COMMANDS = {
    "build": _build,
    "built": _built,
    "up": _up,
    "down": _down,
    "kubectl": _kubectl,
    "inside": _inside,
    "image": _image,
    "test": _test,
    "test-kubeflow": _test_kubeflow,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
