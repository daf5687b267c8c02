"""Ask a server what the model was asked when it was trained, by REST and by gRPC.

Terms:
    smoke rows: real rows of the eval split, with what the model predicted then (see
        `modules.smoke_rows`).
    latency: time from before a request of one row is put together until its answer is read.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tfx_pipeline.components.infra_check.differing_feature import differing_feature, differing_input
from tfx_pipeline.deployment.candidate_server import ServerAddress
from tfx_pipeline.deployment.client import Client, RestClient
from tfx_pipeline.deployment.grpc_client import GrpcClient
from tfx_pipeline.errors import Problem
from tfx_pipeline.modules.smoke_rows import TOLERANCE, Mismatch, SmokeRows, compare_answers, shown
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE, ModelSpec, Signature

_TIMED_REQUESTS = 50
_MOST_REQUESTS = 1000
_WHAT_DIFFERS = "the server does not predict what the model predicted when it was trained"


@dataclass
class Findings:
    """What a check found, filled in on the way.

    Attributes:
        server: what served the model, in words.
        rows: rows of the eval split that were sent each way, together and one by one.
        changed_rows: rows with a feature missing or unseen, sent likewise.
        largest_difference: from the training-time predictions (see `smoke_rows`).
        latencies_ms: percentiles of the latency, by way and percentile: `rest_p50`, `grpc_p99`.
        problems: why the model must not be pushed; none: it may.
    """

    server: str = ""
    rows: int = 0
    changed_rows: int = 0
    largest_difference: float = 0.0
    latencies_ms: dict[str, float] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def check_answers(
    served: ServerAddress,
    rows: SmokeRows,
    examples: Callable[[], Sequence[bytes]],
    findings: Findings,
) -> None:
    """Send all rows, first together and then one by one, and compare the answers.

    What is found goes to `findings`; the first problem ends the check. `examples` gives the same
    rows as serialized tf.Examples, to find a feature that differs.

    Raises:
        ServingError: the server does not answer at all.
    """
    findings.server, findings.rows = served.server, rows.unchanged
    findings.changed_rows = len(rows.instances) - rows.unchanged
    grpc = GrpcClient(served.grpc)
    with contextlib.closing(RestClient(served.rest)) as rest, contextlib.closing(grpc):
        signatures = grpc.metadata(ModelSpec(served.model_name)).signatures
        signature = signatures.get(DEFAULT_SIGNATURE)
        if signature is None:
            what = f"the model has no signature `{DEFAULT_SIGNATURE}`, which TF Serving asks"
            findings.problems.append(Problem(what, received=", ".join(signatures)))
            return
        for way, client in (("REST", rest), ("gRPC", grpc)):
            conversation = _Conversation(way, client, served.model_name, signature)
            try:
                mismatch = conversation.compare(rows, findings)
            except ServingError as error:
                findings.problems.append(_refusal(way, error, rows, signature))
                return
            if mismatch is not None:
                culprit = differing_feature(mismatch, rows, examples(), grpc, served.model_name)
                findings.problems.append(_difference(way, mismatch, culprit))
                return


@dataclass(frozen=True)
class _Conversation:
    """One way of asking one model."""

    way: str
    client: Client
    model_name: str
    signature: Signature

    def compare(self, rows: SmokeRows, findings: Findings) -> Mismatch | None:
        """Compare all answers, and measure the latency of those to one row."""
        together = self._ask(rows.instances)
        mismatch = self._compare(rows.predictions, together, findings)
        if mismatch is not None:
            return mismatch
        count = max(_TIMED_REQUESTS, min(_MOST_REQUESTS, len(rows.instances)))
        alone, seconds = [], []
        for instance in itertools.islice(itertools.cycle(rows.instances), count):
            started = time.perf_counter()
            alone += self._ask([instance])
            seconds.append(time.perf_counter() - started)
        for percentile in (50, 99):
            name = f"{self.way.lower()}_p{percentile}"
            findings.latencies_ms[name] = 1000 * float(np.percentile(seconds, percentile))
        alone = alone[: len(rows.instances)]
        return self._compare(rows.predictions[: len(alone)], alone, findings)

    def _ask(self, instances: Sequence[Any]) -> list[dict[str, Any]]:
        return self.client.predict(ModelSpec(self.model_name), self.signature, instances)

    def _compare(
        self, predictions: Sequence[Any], answers: Sequence[Any], findings: Findings
    ) -> Mismatch | None:
        if len(answers) != len(predictions):
            return Mismatch(0, "rows", len(answers), len(predictions), float("inf"))
        comparison = compare_answers(predictions, answers)
        largest = comparison.largest_difference
        findings.largest_difference = max(findings.largest_difference, largest)
        return comparison.mismatch


def _difference(way: str, mismatch: Mismatch, culprit: str) -> Problem:
    return Problem(
        f"{_WHAT_DIFFERS}: {culprit}",
        f"row {mismatch.row} by {way}, output `{mismatch.output}`",
        f"{shown(mismatch.received)}, a difference of {mismatch.difference:.3g}",
        f"{shown(mismatch.expected)}, to {TOLERANCE:g}",
        "mend what computes it, then run again",
    )


def _refusal(way: str, error: ServingError, rows: SmokeRows, signature: Signature) -> Problem:
    place = f"signature `{signature.name}`"
    if error.code is not Code.INVALID_ARGUMENT:
        what = f"the server fails on real rows by {way}"
        return Problem(what, place, str(error), next_step="see what it said in the run's log")
    why = differing_input(rows, signature) or error.message
    return Problem(
        f"the server refuses real rows by {way}: {why}",
        place,
        str(error),
        f"the inputs {', '.join(sorted(signature.inputs))}",
        "mend the signature that the run_fn exports, then run again",
    )
