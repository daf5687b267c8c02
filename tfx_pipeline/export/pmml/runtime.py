"""An evaluator of what `emitter` writes: from the file alone, in NumPy, a batch of rows at once.

So an export can be proven where there is no Java. It knows nothing of the description, and refuses
a document that holds anything else.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfx_pipeline.export.pmml.reading.document import Document
from tfx_pipeline.export.rows import Answers, Rows, Runtime, in_slices

_AT_ONCE = 4096
_SHARE = "probabilities["


def load(path: Path) -> Runtime:
    """Load an export.

    Raises:
        ValueError: it is no document of PMML, or holds what this evaluator does not know.
    """
    document = Document(path)

    def answer(rows: Rows) -> Answers:
        missing = [field.name for field in document.columns if field.name not in rows]
        if missing:
            raise ValueError(f"rows have no column {missing[0]!r}; they have {', '.join(rows)}")
        read = {field.name: rows[field.name] for field in document.columns}
        return _answers(in_slices(document.answers, read, _AT_ONCE))

    return answer


def _answers(fields: Answers) -> Answers:
    """Name answers as the SavedModel does."""
    shares = [x for name, x in fields.items() if name.startswith(_SHARE)]
    answers = {"probabilities": np.stack(shares, 1)} if shares else {}
    answers |= {name: x for name, x in fields.items() if not name.startswith(_SHARE)}
    return {name: x if x.dtype == object else x.astype(np.float32) for name, x in answers.items()}
