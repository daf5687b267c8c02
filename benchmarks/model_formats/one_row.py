"""One row, again and again, in a process that holds nothing else: the median and the memory.

python benchmarks/model_formats/one_row.py WAY FILE ROW

Ways: `signature` (TensorFlow's, as people call it), `session` (TensorFlow's, as our model server
does), `onnx`, `pmml`; FILE is the model. ROW: see `tfx_pipeline.export.tflite.measured_process`,
which does the same for TFLite.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_WARM_UP, _CALLS = 20, 300


def main(way: str, file: str, row: str) -> None:
    """Measure with one thread."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    cells = read_row(Path(row))
    ask = WAYS[way](file)
    seconds = []
    for _ in range(_WARM_UP + _CALLS):
        began = time.perf_counter()
        ask(cells)
        seconds.append(time.perf_counter() - began)
    median = sorted(seconds[_WARM_UP:])[_CALLS // 2]
    print(json.dumps({"p50_ms": 1000 * median, "rss_mb": _peak_mb()}))


def write_row(file: Path, cells: dict[str, Any]) -> None:
    """Write the first of the rows."""
    import numpy as np

    first = [x[:1].astype("U") if x.dtype == object else x[:1] for x in cells.values()]
    np.savez(file, np.array([*cells]), *first)


def read_row(file: Path) -> dict[str, Any]:
    """Read a row; texts are objects, as models take them."""
    import numpy as np

    with np.load(file, allow_pickle=False) as arrays:
        found = {}
        for place, name in enumerate(arrays["arr_0"].tolist(), 1):
            cell = arrays[f"arr_{place}"]
            found[name] = cell.astype(object) if cell.dtype.kind == "U" else cell
    return found


def _signature(file: str) -> Callable[[dict[str, Any]], Any]:
    from model_formats.bare_loops import by_signature

    return by_signature(file)


def _session(file: str) -> Callable[[dict[str, Any]], Any]:
    from tfx_pipeline.export.saved_model import load

    return load(file)


def _onnx(file: str) -> Callable[[dict[str, Any]], Any]:
    from model_formats.bare_loops import by_onnxruntime

    return by_onnxruntime(file, 1)


def _pmml(file: str) -> Callable[[dict[str, Any]], Any]:
    from tfx_pipeline.export.formats import FORMATS

    return FORMATS["pmml"].load(Path(file))


WAYS = {"signature": _signature, "session": _session, "onnx": _onnx, "pmml": _pmml}


def _peak_mb() -> float:
    """Tell the most memory that this process has had."""
    import psutil

    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(x.split()[1]) / 1024 for x in lines if x.startswith("VmHWM:"))
    except OSError:  # macOS
        return float(psutil.Process().memory_info().rss) / 2**20


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main(*sys.argv[1:])
