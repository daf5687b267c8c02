"""What is wrong with the place of ML Metadata, in the user's terms."""

from __future__ import annotations

import socket

from tfx_pipeline.config.metadata_url import address, password_place
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.runners.metadata.password import password_of, without_password

_CODES: dict[str, tuple[str | int, ...]] = {
    # MySQL says 1044 of one that is not there, if the user may not see it
    "no database": (1044, 1049, "3D000"),
    "denied": (1045, 1130, 1251, 1698, 2059, "28P01", "28000"),
    "busy": (1040, 1053, "53300", "57P03"),
}


class MetadataError(PipelineError):
    """ML Metadata cannot be reached, or does not take what it is given.

    Attributes:
        may_pass: whether the same may work in a moment.
    """

    def __init__(self, problem: Problem, *, may_pass: bool = False) -> None:
        super().__init__([problem], "the metadata store cannot be used")
        self.may_pass = may_pass


def explain(metadata: MetadataConfig, error: Exception) -> MetadataError:
    """Say in the user's terms why a server could not be used."""
    place, kind = address(metadata), _kind(error)
    if kind == "down":
        what = f"nothing answers at {metadata.host}"
        next_step = "start the server, or mend environment.metadata.host and port"
    elif kind == "no host":
        what = f"no machine of the name {metadata.host} is known here"
        next_step = "mend environment.metadata.host"
    elif kind == "slow":
        what = f"{metadata.host} did not answer in time"
        next_step = "look at the server's load, and at what is between it and here"
    elif kind == "busy":
        what = "the server takes no more connections now, or is just starting or ending"
        next_step = "try again, or let the server take more connections"
    elif kind == "no database":
        what = f"there is no database `{metadata.database}`, or `{metadata.user}` may not use it"
        next_step = f"create it, and grant `{metadata.user}` all rights in it"
    elif kind == "denied":
        given = "with the password of" if password_of(metadata) else "and there is no password in"
        what = f"the server refuses `{metadata.user}`, {given} {password_place(metadata)}"
        next_step = "mend user or password; MySQL 8 and later need mysql_native_password for it"
        if metadata.kind == "postgresql":
            next_step = "mend user or password, or the server's pg_hba.conf"
    else:
        what = f"the server refuses: {without_password(metadata, str(error))[:300]}"
        next_step = "look into the server's log"
    problem = Problem(what, place, next_step=next_step)
    return MetadataError(problem, may_pass=kind in ("down", "no host", "slow", "busy"))


def _kind(error: BaseException) -> str:
    code = error_code(error)
    for kind, codes in _CODES.items():
        if code in codes:
            return kind
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TimeoutError):
            return "slow"
        if isinstance(cause, socket.gaierror):
            return "no host"
        cause = cause.__cause__ or cause.__context__
    if code in (2002, 2003, 2006, 2013) or isinstance(error, OSError):
        return "down"
    return "down" if type(error).__name__ == "InterfaceError" else "other"


def error_code(error: BaseException) -> str | int | None:
    """Give the number of MySQL's error, or the SQLSTATE of PostgreSQL's."""
    first = error.args[0] if error.args else None
    if isinstance(first, dict):
        return str(first.get("C"))
    return first if isinstance(first, int) else None
