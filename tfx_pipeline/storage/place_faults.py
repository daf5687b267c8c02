"""What kind of failure an error of a store or of this machine's files is, by its types and codes.

Messages hold names that users chose: a folder `403` says nothing about rights. They are not read.
The libraries' types are told by their names, since none of them is imported here.
"""

from __future__ import annotations

import enum
import errno
from collections.abc import Iterator
from types import FrameType
from typing import Any


class Fault(enum.Enum):
    """What failed."""

    NO_PACKAGE = enum.auto()
    NO_SUCH_KIND = enum.auto()
    NO_CREDENTIALS = enum.auto()  # or they have expired
    REFUSED = enum.auto()
    MISSING = enum.auto()
    NO_BUCKET = enum.auto()
    UNREACHABLE = enum.auto()
    OTHER = enum.auto()


_BY_CODE = dict.fromkeys(
    ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"),
    Fault.NO_CREDENTIALS,
) | dict.fromkeys(("NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted"), Fault.NO_BUCKET)
_BY_STATUS = {401: Fault.NO_CREDENTIALS, 403: Fault.REFUSED, 404: Fault.MISSING} | dict.fromkeys(
    (408, 429, 500, 502, 503, 504), Fault.UNREACHABLE
)
_BY_TYPE = (
    dict.fromkeys(
        (
            "NoCredentialsError",  # botocore
            "PartialCredentialsError",
            "TokenRetrievalError",
            "UnauthorizedSSOTokenError",
            "SSOTokenLoadError",
            "ProfileNotFound",
            "CredentialUnavailableError",  # azure.identity
            "ClientAuthenticationError",  # azure.core's; of one with an answer, the status counts
            "DefaultCredentialsError",  # google.auth
            "RefreshError",
        ),
        Fault.NO_CREDENTIALS,
    )
    | dict.fromkeys(("ResourceNotFoundError", "FileNotFoundError"), Fault.MISSING)
    | dict.fromkeys(
        (
            "ConnectionError",  # Python's, requests', botocore's
            "EndpointConnectionError",
            "ConnectTimeoutError",
            "ReadTimeoutError",
            "HTTPClientError",
            "ClientConnectionError",  # aiohttp's
            "ServerTimeoutError",
            "Timeout",  # requests'
            "ConnectTimeout",
            "ReadTimeout",
            "TimeoutError",
            "FSTimeoutError",  # fsspec's
            "gaierror",
            "SSLError",
            "ProxyError",
            "TransportError",  # google.auth's
            "ServiceRequestError",  # azure.core's
            "ServiceResponseError",
            "MaxRetryError",  # urllib3's
        ),
        Fault.UNREACHABLE,
    )
)
_BY_ERRNO = dict.fromkeys((errno.EACCES, errno.EPERM), Fault.REFUSED) | {
    errno.ENOENT: Fault.MISSING,
    errno.ETIMEDOUT: Fault.UNREACHABLE,
    errno.EHOSTUNREACH: Fault.UNREACHABLE,
    errno.ENETUNREACH: Fault.UNREACHABLE,
}


def fault_of(place: str, error: Exception) -> Fault:
    """Sort an error.

    What a store answered counts first, wherever in the chain of causes it is, then types.
    """
    chain = list(_chain(error))
    fault = _of_store(place, error, chain) if "://" in place else None
    for each in chain:
        fault = fault or _of_type(each)
    return fault or Fault.OTHER


def _of_store(place: str, error: Exception, chain: list[BaseException]) -> Fault | None:
    if isinstance(error, ImportError):
        return Fault.NO_PACKAGE
    if isinstance(error, ValueError):
        from fsspec.registry import known_implementations, registry

        if place.partition("://")[0] not in {*known_implementations, *registry}:
            return Fault.NO_SUCH_KIND
    answered = (
        (_BY_CODE.get(code), _BY_STATUS.get(status)) for code, status in map(_answer, chain)
    )
    if answer := next((fault for each in answered for fault in each if fault), None):
        is_anonymous = answer is Fault.REFUSED and _is_anonymous_google(place)
        return Fault.NO_CREDENTIALS if is_anonymous else answer
    frame = _frame(error, "adlfs.spec", ("do_connect", "__init__"))
    if frame and type(frame.f_locals.get("self")).__name__ == "AzureBlobFileSystem":
        return Fault.NO_CREDENTIALS  # nothing was sent: the account is not known
    return None


def _of_type(error: BaseException) -> Fault | None:
    if isinstance(error, PermissionError):
        return Fault.REFUSED
    kinds = (_BY_TYPE.get(kind.__name__) for kind in type(error).__mro__)
    number = error.errno if isinstance(error, OSError) else None
    return next((kind for kind in kinds if kind), None) or _BY_ERRNO.get(number or 0)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context


def _answer(error: BaseException) -> tuple[str, int]:
    """Give a store's name for a failure, and the status of HTTP; empty and 0: there is none."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's ClientError
        code = str(response.get("Error", {}).get("Code", ""))
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return code, _number(code) or _number(status)
    if (frame := _frame(error, "gcsfs.retry", ("validate_response",))) is not None:
        return "", _number(frame.f_locals.get("status"))  # an OSError for 403 does not carry it
    code = getattr(error, "error_code", "")  # azure.core's; an enum of texts, or a text
    code = str(getattr(code, "value", code) or "")
    for name in ("status_code", "status", "code"):  # azure.core; aiohttp; gcsfs and google.api_core
        if status := _number(getattr(error, name, 0)):
            return code, status
    return code, 0


def _number(value: object) -> int:
    text = str(getattr(value, "value", value))
    return int(text) if len(text) == 3 and text.isascii() and text.isdecimal() else 0


def _frame(error: BaseException, module: str, functions: tuple[str, ...]) -> FrameType | None:
    """Find where in a library an error was raised, or passed on."""
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals.get("__name__") == module and frame.f_code.co_name in functions:
            return frame
        trace = trace.tb_next
    return None


def _is_anonymous_google(place: str) -> bool:
    """Say whether a place of Google Cloud was asked without credentials."""
    if place.partition("://")[0] not in ("gs", "gcs"):
        return False
    import fsspec

    system, _ = fsspec.url_to_fs(place)  # the one that was used, which fsspec keeps
    credentials = getattr(system, "credentials", None)
    return credentials is not None and credentials.credentials is None
