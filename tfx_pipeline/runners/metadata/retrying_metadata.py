r"""ML Metadata on a server, whose calls outlive what passes.

After a connection broke, ML Metadata's client must not be used again (it ends the process by a
segmentation fault): a new one is made.

ML Metadata 1.16 and 1.17 take the quotes off what PostgreSQL's client made safe and put their own
around it. That is right until a text has a backslash: then the client begins it with ` E'`, and
the statement is wrong, or worse. JSON with `\"` in it, which Evaluator's properties are, is enough.
So backslashes are stored as another character, and are themselves again when they are read.
"""

from __future__ import annotations

import contextlib
import faulthandler
import itertools
import re
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.message import Message
from ml_metadata import errors
from ml_metadata.metadata_store import MetadataStore

from tfx_pipeline.config.metadata_url import address
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import Problem
from tfx_pipeline.pipeline.metadata_connection import connection_config
from tfx_pipeline.processes.this_process import redirected
from tfx_pipeline.runners.metadata import server_wait
from tfx_pipeline.runners.metadata.call_faults import fault_of, is_repeatable, stored_before
from tfx_pipeline.runners.metadata.database_server import CONNECT_S, ServerConnection, named_lock
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError, explain
from tfx_pipeline.runners.metadata.password import add_password, without_password
from tfx_pipeline.runners.metadata.server_wait import pause_s, when_it_answers

ANSWER_S = 60.0  # within which a call is answered; the process ends when it is not
BACKSLASH, STORED = "\\", "\ue05c"  # of the range that Unicode leaves to private use
_TRIES = 10
_LOCK_S = 30.0
_VERSIONS = re.compile(r"version (\d+) is \w+ than library version (\d+)")


class RetryingMetadata(MetadataStore):
    """ML Metadata in a database, or behind its own server.

    Args:
        metadata: says where it is.
        is_first: whether this process comes for the first time: then the tables may have to be
            made.
    """

    def __init__(self, metadata: MetadataConfig, *, is_first: bool) -> None:
        self._metadata = metadata
        self._is_first = is_first
        self._connect()

    def _connect(self) -> None:
        when_it_answers(self._connect_once)

    def _connect_once(self) -> None:
        connection = connection_config(self._metadata)
        if self._metadata.kind == "grpc":
            try:
                socket.create_connection((connection.host, connection.port), CONNECT_S).close()
            except OSError as error:
                raise explain(self._metadata, error) from None
            connection.client_timeout_sec = ANSWER_S
            super().__init__(connection)
            return
        add_password(connection, self._metadata)
        try:
            with self._tables_lock(), _native_output_kept() as console:
                make = super().__init__
                the_metadata_server_must_answer(lambda: make(connection), console)
        except RuntimeError as error:
            ServerConnection(self._metadata).close()  # says in clear words what is wrong, if it is
            raise self._refused(str(error)) from None

    def _call(
        self, method_name: str, request: Any, response: Any, extra_options: Any = None
    ) -> None:
        if self._metadata.kind == "postgresql":
            hide_backslashes(request)
        self._call_until_done(method_name, request, response)
        if self._metadata.kind == "postgresql":
            restore_backslashes(response)

    def _call_until_done(self, method_name: str, request: Any, response: Any) -> None:
        until, lost = time.monotonic() + server_wait.AWAY_S, False
        for attempt in itertools.count(1):
            last = attempt >= _TRIES and time.monotonic() > until
            try:
                with self._types_lock(method_name):
                    the_metadata_server_must_answer(
                        lambda: self._call_method(method_name, request, response)
                    )
                return
            except MetadataError as error:  # from the lock: nothing was called yet
                if last or not error.may_pass:
                    raise
            except errors.StatusError as error:
                kind = fault_of(method_name, error)
                if lost and stored_before(method_name, error):
                    raise self._gave_up(method_name, attempt, lost=True) from error
                if kind == "other":
                    raise
                lost = kind == "lost"
                if last or (lost and not is_repeatable(method_name, request)):
                    raise self._gave_up(method_name, attempt, lost=lost) from error
                if lost and self._metadata.kind != "grpc":
                    self._connect()
            time.sleep(pause_s(attempt))

    def _tables_lock(self) -> contextlib.AbstractContextManager[object]:
        """Let one process at a time make the tables; also shows whether the server answers."""
        if not self._is_first:
            return contextlib.nullcontext()
        return named_lock(self._metadata, "tables", _LOCK_S)

    def _types_lock(self, method_name: str) -> contextlib.AbstractContextManager[object]:
        """Let one process at a time register types: PostgreSQL would keep two of one name."""
        is_type = method_name.startswith("Put") and method_name.endswith(("Type", "Types"))
        if not is_type or self._metadata.kind == "grpc":
            return contextlib.nullcontext()
        return named_lock(self._metadata, "types", _LOCK_S)

    def _gave_up(self, method_name: str, attempts: int, *, lost: bool) -> MetadataError:
        what = f"the connection broke in {method_name}"
        next_step = "look at the server; then the same command again, which goes on from here"
        if not lost:
            what = f"{method_name} was aborted {attempts} times, other writers were in its way"
            next_step = "the same command again, with fewer steps at once"
        return MetadataError(Problem(what, address(self._metadata), next_step=next_step))

    def _refused(self, said: str) -> MetadataError:
        """Explain why ML Metadata's client refuses a server that answers."""
        place, lower = address(self._metadata), said.lower()
        if "concurrent connection" in lower:
            what = "its tables are being made, or were made by half"
            next_step = "try again; if it stays so, empty the database"
            problem = Problem(what, place, next_step=next_step)
            return MetadataError(problem, may_pass=self._is_first)
        if versions := _VERSIONS.search(lower):
            theirs, ours = versions.groups()
            what = "its tables are of another version of ML Metadata"
            next_step = "use an empty database, or upgrade its tables as ML Metadata's guide says"
            problem = Problem(what, place, f"version {theirs}", f"version {ours}", next_step)
            return MetadataError(problem)
        shown = without_password(self._metadata, said)
        what = f"ML Metadata cannot use it: {shown.strip()[:300]}"
        next_step = "look into the server's log; its user needs all rights in the database"
        return MetadataError(Problem(what, place, next_step=next_step), may_pass=True)


def the_metadata_server_must_answer(call: Callable[[], None], stderr: int = 2) -> None:
    """Make a call, and end the process with status 1 when ML Metadata's client does not come back.

    It holds the interpreter's lock while it waits: no signal is handled and no other thread runs,
    so that nothing else than this could end it. All that can be shown is a traceback, hence the
    name of this function.
    """
    faulthandler.dump_traceback_later(ANSWER_S, exit=True, file=stderr)
    try:
        call()
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextlib.contextmanager
def _native_output_kept() -> Iterator[int]:
    """Keep what the client writes to stderr as it connects off it; gives the real stderr."""
    with tempfile.TemporaryFile() as kept, redirected(2, to=kept.fileno()) as (stderr,):
        yield stderr


def hide_backslashes(message: Message) -> None:
    """Replace them in all texts of a message, to be stored."""
    _replace(message, BACKSLASH, STORED)


def restore_backslashes(message: Message) -> None:
    """Put them back, in what was read."""
    _replace(message, STORED, BACKSLASH)


def _replace(message: Message, old: str, new: str) -> None:
    for field, value in message.ListFields():
        if isinstance(value, str):
            if old in value:
                setattr(message, field.name, value.replace(old, new))
        elif isinstance(value, Message):
            _replace(value, old, new)
        elif hasattr(value, "values"):  # a map
            _replace_each(value.values(), old, new)
        elif not isinstance(value, int | float | bytes):
            if value and isinstance(value[0], str):
                value[:] = [text.replace(old, new) for text in value]
            _replace_each(value, old, new)


def _replace_each(values: Any, old: str, new: str) -> None:
    for value in values:
        if isinstance(value, Message):
            _replace(value, old, new)
