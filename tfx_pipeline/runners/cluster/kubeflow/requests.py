"""Requests to the API of Kubeflow Pipelines: time limits, retries, and errors that say what to do.

kfp's client waits for ever, and answers with the whole HTTP exchange, headers included. Here each
request has a limit, what the service did not take is sent again, and errors name the setting.
"""

from __future__ import annotations

import functools
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tenacity

from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.runners.cluster.submission import ServiceAwayError
from tfx_pipeline.wording import shortened

PAUSE_S = 1.0
"""Seconds before the second attempt; twice as long before each further one."""
_LONGEST_PAUSE_S = 30.0
_TITLE = "Kubeflow Pipelines did not do it"


class NoSuchThingError(PipelineError):
    """The service does not know what it was asked for, or not the address."""


@dataclass(frozen=True)
class Service:
    """An installation of Kubeflow Pipelines.

    The variable `token_env` may hold the token, or a file, which others write anew before the
    token in it expires: it is read for each request.
    """

    host: str
    token_env: str
    has_token: bool
    timeout_s: float
    retries: int
    token_file: Path | None = None

    def limit(self, rest: Any) -> None:
        """Put the limits on a client's transport (kfp_server_api's `RESTClientObject`)."""
        send: Callable[..., Any] = rest.request
        pool = rest.pool_manager  # it would follow a POST to a login page, and retry by itself
        pool.request = functools.partial(pool.request, redirect=False, retries=False)

        def request(method: str, url: str, **values: Any) -> Any:
            values["_request_timeout"] = (self.timeout_s, self.timeout_s)
            return self._send(lambda token: send(method, url, **_with(values, token)), method)

        rest.request = request

    def token(self) -> str | None:
        """Read the token from its file; none: there is no file, or nothing in it."""
        if self.token_file is None:
            return None
        try:
            return self.token_file.read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):  # it is being replaced
            return None

    def _send(self, send: Callable[[str | None], Any], method: str) -> Any:
        tokens: list[str | None] = []

        def attempt() -> Any:
            tokens.append(self.token())
            return self._checked(send(tokens[-1]))

        def may_be_sent_again(error: BaseException) -> bool:
            if getattr(error, "status", None) == 401:  # nothing was done
                return self.token() not in (None, *tokens)
            return _may_be_sent_again(error, method)

        sending = tenacity.Retrying(
            retry=tenacity.retry_if_exception(may_be_sent_again),
            stop=tenacity.stop_after_attempt(self.retries + 1),
            wait=_pause_s,
            reraise=True,
        )
        try:
            return sending(attempt)
        except PipelineError:
            raise
        except Exception as error:
            raise self._explained(error, method) from error

    def _checked(self, response: Any) -> Any:
        """Refuse a page where the API speaks JSON: a proxy that asks a person to log in."""
        text = response.data if isinstance(response.data, str) else response.data.decode()
        if text.lstrip()[:1] in ("{", "[", ""):
            return response
        raise PipelineError([self._login("it answers with a page")], _TITLE)

    def _explained(self, error: Exception, method: str) -> PipelineError:
        status = getattr(error, "status", None)
        if not status:
            return ServiceAwayError([self._no_answer(error, method)], _TITLE)
        message = body_message(getattr(error, "body", None)) or str(getattr(error, "reason", ""))
        kind: type[PipelineError] = PipelineError
        if status == 404:
            kind = NoSuchThingError
        elif status in (429, 502, 503, 504) or (status == 401 and self.token_file is not None):
            kind = ServiceAwayError
        return kind([self._refusal(int(status), message)], _TITLE)

    def _refusal(self, status: int, message: str) -> Problem:
        received = f"{status} {message}".strip()
        if status == 401:
            return self._login(received)
        if 300 <= status < 400:
            return self._login(f"it points elsewhere ({status})")
        what, next_step = "the request was refused", "see its message"
        if status == 403:
            what = "this user has no right to do this here"
            next_step = "check environment.kubeflow.namespace, or ask for the right in it"
        elif status == 404:
            what = "it does not know this address"
            next_step = f"check environment.kubeflow.host: is {self.host} the API's address?"
        elif status in (429, 502, 503, 504):
            what = f"it is overloaded or not there ({self.retries + 1} attempts)"
            next_step = "try again later, or raise environment.job.request_retries"
        elif status >= 500:
            what, next_step = "it failed by itself", "see its message, and its server's log"
        return Problem(what, self.host, received, next_step=next_step)

    def _login(self, received: str) -> Problem:
        what, new = "it asks for a login", "a bearer token"
        if self.has_token:
            what, new = "the token is refused; it may have expired", "a new one"
        also = ""
        if self.has_token and self.token_file is None:
            also = ", or name a file that is kept fresh: environment.kubeflow.token_file"
        where = str(self.token_file) if self.token_file is not None else f"${self.token_env}"
        return Problem(what, self.host, received, next_step=f"put {new} into {where}{also}")

    def _no_answer(self, error: Exception, method: str) -> Problem:
        kinds, text = _root(error)
        if "SSLError" in kinds:
            what = "its certificate is not trusted"
            next_step = "name the authority's file in environment.kubeflow.ca_file"
        elif kinds & {"ReadTimeoutError", "ProtocolError", "RemoteDisconnected"}:
            what, next_step = "it ended the connection without an answer", "try again"
            if "ReadTimeoutError" in kinds:
                what = f"it did not answer within {self.timeout_s:g} s"
                next_step = "try again, or raise environment.job.request_timeout_s"
            if method != "GET":
                next_step = f"look at {self.host} before you submit again: it may have taken this"
        else:
            what = "it cannot be reached"
            next_step = (
                "check environment.kubeflow.host and the network; to reach one inside a cluster:"
                " kubectl port-forward -n kubeflow service/ml-pipeline-ui 8080:80"
            )
        return Problem(what, self.host, text, next_step=next_step)


def _with(values: dict[str, Any], token: str | None) -> dict[str, Any]:
    """Add a token to what is sent."""
    if token is None:
        return values
    kept = {x: y for x, y in (values.get("headers") or {}).items() if x.lower() != "authorization"}
    return {**values, "headers": {**kept, "authorization": f"Bearer {token}"}}


def body_message(body: Any) -> str:
    """Take the message out of an error's body, on one line."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if isinstance(values, Mapping):
        text = str(values.get("message") or values.get("error") or text)
    elif text.lstrip().startswith("<"):
        text = "(a page)"
    return shortened(re.sub(r"(?i)bearer\s+\S+", "bearer …", " ".join(text.split())), 300)


def _may_be_sent_again(error: BaseException, method: str) -> bool:
    """Tell whether the service cannot have acted on a request, or would act only once."""
    status = getattr(error, "status", None)
    if status is not None:
        return int(status) in ((429, 503) if method != "GET" else (429, 502, 503, 504))
    kinds, _ = _root(error)
    if kinds & {"ConnectTimeoutError", "NewConnectionError", "NameResolutionError"}:
        return True
    return method == "GET" and bool(kinds & {"TimeoutError", "ProtocolError"})


def _pause_s(state: tenacity.RetryCallState) -> float:
    error = state.outcome and state.outcome.exception()
    wished = (getattr(error, "headers", None) or {}).get("Retry-After", "")
    pause = PAUSE_S * 2 ** (state.attempt_number - 1) * random.uniform(0.8, 1.2)
    return min(float(wished) if str(wished).isdigit() else pause, _LONGEST_PAUSE_S)


def _root(error: BaseException) -> tuple[set[str], str]:
    """Give the kinds and the text of what urllib3 wraps; of kinds, the more general ones too.

    kfp_server_api makes an error of TLS a text, whose first line is its kind.
    """
    reason = getattr(error, "reason", None)
    inner = reason if isinstance(reason, Exception) else error
    kinds = {kind.__name__ for kind in type(inner).__mro__}
    text = str(inner)
    if isinstance(reason, str):
        text = reason
        kinds.add(reason.partition("\n")[0])
    text = re.sub(r"<[^>]*object at 0x\w+>:?\s*|HTTPS?ConnectionPool\([^)]*\):?\s*", "", text)
    return kinds, " ".join(text.split())[:300]
