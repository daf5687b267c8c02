"""Bodies of requests as a fuzzer makes them: documents, near-documents, and bytes."""

from __future__ import annotations

import json
import math

from hypothesis import strategies as st

_SCALARS = st.one_of(
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.text(max_size=5),
    st.sampled_from([math.inf, -math.inf, math.nan, 1e308, 2**31, 2**63, -(2**63) - 1]),
)
_NAMES = st.sampled_from(["x", "b64", "a", "n", "s", "", "\ud800"])
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=12,
)
_KEYS = st.sampled_from(["instances", "inputs", "examples", "context", "signature_name", "z"])


def bodies() -> st.SearchStrategy[bytes]:
    """Return what makes bodies."""
    documents = st.dictionaries(_KEYS, _VALUES, max_size=3).map(
        lambda each: json.dumps(each).encode()
    )
    broken = st.tuples(documents, st.integers(0, 60), st.binary(max_size=3)).map(
        lambda each: each[0][: each[1]] + each[2] + each[0][each[1] :]
    )
    return st.one_of(documents, st.binary(max_size=200), broken)
