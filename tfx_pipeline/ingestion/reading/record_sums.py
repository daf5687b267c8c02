"""Sums of TFRecord files, by which such a file is also known."""

from __future__ import annotations

import struct

HEAD = struct.Struct("<QI")
"""Of a record: its length, and the sum of that."""


def begins_with_record(head: bytes) -> bool:
    """Tell by the first bytes of a file: the sum of the first length is right."""
    is_short = head[4:8] == bytes(4)  # of texts, few; the others need no look at their sum
    return is_short and len(head) >= HEAD.size and masked_sum(head[:8]) == HEAD.unpack_from(head)[1]


def masked_sum(data: bytes) -> int:
    """Give the sum as it is written: crc32c, its bits turned by 15 places, plus 0xa282ead8."""
    import google_crc32c

    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
