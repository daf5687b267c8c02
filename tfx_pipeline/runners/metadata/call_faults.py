"""Which failures of ML Metadata's calls pass, and which calls may be made again.

Terms:
    aborted: the server undid a transaction, because another one was in its way.
    lost: the connection broke; whether the call was done is not known.
    repeatable: a call that leaves the same behind when it is done twice, or fails the second time.
"""

from __future__ import annotations

from typing import Any

from ml_metadata import errors

_LOST = (
    "lost connection",
    "gone away",
    "mysql_real_connect failed",
    "server shutdown",
    "connection was killed",
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "could not receive data",
    "could not send data",
)
_ABORTED = ("deadlock", "lock wait timeout", "could not serialize", "concurrently updated")
_SAME_NAME = ("duplicate entry", "duplicate key")


def fault_of(method_name: str, error: errors.StatusError) -> str:
    """Tell `aborted` and `lost` from all `other` errors."""
    if isinstance(error, errors.AbortedError):
        return "aborted"
    if isinstance(error, errors.UnavailableError | errors.DeadlineExceededError):
        return "lost"
    if not isinstance(error, errors.InternalError | errors.UnknownError):
        return "other"
    said = str(error).lower().strip()
    if any(x in said for x in _LOST) or said.endswith("metadata source error:"):
        return "lost"
    races = (*_ABORTED, *_SAME_NAME) if "Type" in method_name else _ABORTED
    return "aborted" if any(x in said for x in races) else "other"


def is_repeatable(method_name: str, request: Any) -> bool:
    """Tell whether everything new that a call stores has a name, of which there can be one."""
    if method_name.startswith("Get") or method_name.endswith(("Type", "Types")):
        return True
    if method_name in ("PutContexts", "PutParentContexts", "PutAttributionsAndAssociations"):
        return True
    if method_name == "PutExecution":
        pairs = request.artifact_event_pairs
        things = [request.execution, *(x.artifact for x in pairs if x.HasField("artifact"))]
    elif method_name in ("PutExecutions", "PutArtifacts", "PutLineageSubgraph"):
        things = [*getattr(request, "executions", ()), *getattr(request, "artifacts", ())]
    else:
        return False
    return all(x.HasField("id") or x.name for x in things)


def stored_before(method_name: str, error: errors.StatusError) -> bool:
    """Tell whether a call that is made again fails because it was done the first time.

    Of contexts, TFX itself asks which there is.
    """
    return isinstance(error, errors.AlreadyExistsError) and "Context" not in method_name
