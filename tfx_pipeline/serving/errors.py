"""What a request can fail with: a canonical code, as in gRPC, and a text for the caller."""

from __future__ import annotations

import enum


class Code(enum.Enum):
    """A canonical code: its number in gRPC, and the HTTP status that stands for it."""

    OK = (0, 200)
    CANCELLED = (1, 499)
    UNKNOWN = (2, 500)
    INVALID_ARGUMENT = (3, 400)
    DEADLINE_EXCEEDED = (4, 504)
    NOT_FOUND = (5, 404)
    ALREADY_EXISTS = (6, 409)
    PERMISSION_DENIED = (7, 403)
    RESOURCE_EXHAUSTED = (8, 429)
    FAILED_PRECONDITION = (9, 400)
    ABORTED = (10, 409)
    OUT_OF_RANGE = (11, 400)
    UNIMPLEMENTED = (12, 501)
    INTERNAL = (13, 500)
    UNAVAILABLE = (14, 503)
    DATA_LOSS = (15, 500)
    UNAUTHENTICATED = (16, 401)

    @property
    def number(self) -> int:
        """Number in gRPC and in `tensorflow.error.Code`."""
        return self.value[0]

    @property
    def http_status(self) -> int:
        """Status of an HTTP response that reports it."""
        return self.value[1]

    @classmethod
    def of_number(cls, number: int) -> Code:
        """Return the code of a number; UNKNOWN for one that is none."""
        return _BY_NUMBER.get(number, cls.UNKNOWN)


_BY_NUMBER = {code.number: code for code in Code}


class ServingError(Exception):
    """A request, a load or a configuration that fails; the message is for the caller."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message


def invalid_argument(message: str) -> ServingError:
    """Make the most frequent error."""
    return ServingError(Code.INVALID_ARGUMENT, message)
