"""A server that answers as Vertex AI's REST API does, as far as this package asks it.

It keeps what it is given, tells every request, and fails as often as it is told to.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.json_server import Answer, Request, json_server

Body = dict[str, Any]


@dataclass
class Failure:
    """What happens instead of an answer, to requests that match, so many times.

    Attributes:
        match: regular expression for `METHOD path`.
        status: of HTTP; 0: the connection is closed without a word.
        body: of the answer.
        times: how often.
        after: do what was asked, and lose the answer.
        delay_s: wait first.
    """

    match: str
    status: int
    body: Body = field(default_factory=dict)
    times: int = 1
    after: bool = False
    delay_s: float = 0.0


def google_error(status: int, reason: str, message: str) -> Body:
    """Make the body of an error."""
    return {"error": {"code": status, "status": reason, "message": message}}


class VertexService:
    """The service; `url` is its address.

    Attributes:
        requests: all that came, in order.
        failures: what to do instead, first match first.
        resources: by name; what was created.
        states: for each look at a job, what it has then: fields of a PipelineJob; the last stays.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.failures: list[Failure] = []
        self.resources: dict[str, Body] = {}
        self.states: list[Body] = []
        self.url = ""

    def asked(self, match: str) -> list[Request]:
        """Give the requests whose `METHOD path` matches."""
        return [x for x in self.requests if re.search(match, f"{x.method} {x.path}")]

    def answer(self, asked: Request) -> tuple[int, Body]:
        """Do what is asked."""
        path = asked.path.removeprefix("/v1/").removeprefix("/")
        if path == "token":
            return 200, {"access_token": "fake-token", "expires_in": 3600, "token_type": "Bearer"}
        if asked.method == "POST":
            return self._post(path, asked)
        if asked.method == "PATCH":
            self.resources[path] |= asked.body
            return 200, self.resources[path]
        return self._get(path)

    def _post(self, path: str, asked: Request) -> tuple[int, Body]:
        if path.endswith(":addContextChildren"):
            return 200, {}
        parent, _, kind = path.rpartition("/")
        number = str(len(self.resources) + 1)
        name_of = {"pipelineJobs": "pipelineJobId", "contexts": "contextId"}
        name = f"{path}/{asked.query.get(name_of.get(kind, ''), number)}"
        if kind in name_of or kind == "schedules":
            if name in self.resources:
                return 409, google_error(409, "ALREADY_EXISTS", f"{name} exists")
            self.resources[name] = {**asked.body, "name": name, "state": self._first_state(kind)}
            return 200, self.resources[name]
        return self._long_running(parent, kind, asked.body, number)

    def _first_state(self, kind: str) -> str:
        return {"pipelineJobs": "PIPELINE_STATE_PENDING", "schedules": "ACTIVE"}.get(kind, "")

    def _long_running(self, parent: str, kind: str, body: Body, number: str) -> tuple[int, Body]:
        """Do at once what takes the real service minutes."""
        package = "type.googleapis.com/google.cloud.aiplatform.v1"
        if kind == "models:upload":
            name = f"{parent}/models/{number}"
            resources = {"supportedDeploymentResourcesTypes": ["DEDICATED_RESOURCES"]}
            self.resources[name] = {**body["model"], **resources, "name": name, "versionId": "1"}
            answer = {"@type": f"{package}.UploadModelResponse", "model": name}
        elif kind == "endpoints":
            name = f"{parent}/endpoints/{number}"
            self.resources[name] = {**body, "name": name}
            answer = {"@type": f"{package}.Endpoint", "name": name}
        else:
            assert kind.endswith(":deployModel"), kind
            answer = {"@type": f"{package}.DeployModelResponse"}
        operation = f"{parent}/operations/{number}"
        return 200, {"name": operation, "done": True, "response": answer}

    def _get(self, path: str) -> tuple[int, Body]:
        if path in self.resources:
            found = self.resources[path]
            if "/pipelineJobs/" in path and self.states:
                found |= self.states[0] if len(self.states) == 1 else self.states.pop(0)
            return 200, found
        kind = path.rpartition("/")[2]
        if kind in ("schedules", "endpoints", "models", "pipelineJobs"):
            below = [x for name, x in self.resources.items() if name.startswith(f"{path}/")]
            return 200, {kind: below}
        return 404, google_error(404, "NOT_FOUND", f"{path} is not there")

    def respond(self, asked: Request) -> Answer:
        """Do what is asked, or fail as it was told."""
        self.requests.append(asked)
        failure = self._failure(asked)
        if failure is None:
            return Answer(*self.answer(asked))
        if failure.after:
            self.answer(asked)
        return Answer(failure.status, failure.body, delay_s=failure.delay_s)

    def _failure(self, asked: Request) -> Failure | None:
        for failure in self.failures:
            if failure.times and re.search(failure.match, f"{asked.method} {asked.path}"):
                failure.times -= 1
                return failure
        return None


@contextlib.contextmanager
def vertex_service() -> Iterator[VertexService]:
    """Run the service."""
    service = VertexService()
    with json_server(service.respond) as service.url:
        yield service


def service_account_file(url: str) -> str:
    """Make the file of a service account whose tokens come from the service."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "my-project",
            "private_key_id": "1",
            "private_key": pem.decode(),
            "client_email": "someone@my-project.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{url}/token",
        }
    )
