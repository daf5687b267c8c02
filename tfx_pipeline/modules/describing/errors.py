"""What a model is not described for."""

from __future__ import annotations


class NotDescribableError(Exception):
    """The model computes what a description cannot say; the message is the reason."""
