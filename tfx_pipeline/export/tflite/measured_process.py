"""Run by its path, in a process of its own: answers one row again and again, and says what it took.

    python measured_process.py MODEL ROW

ROW is an archive of NumPy: names of inputs, then an array `[1]` for each. Imports nothing of this
package, so that the memory is that of the runtime alone: `{"p50_ms": …, "rss_mb": …}` on standard
output.
"""

import json
import sys
import time

import numpy as np

_WARM_UP = 20
_CALLS = 300


def main(model: str, row: str) -> None:
    """Measure with one thread."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=model, num_threads=1)
    interpreter.allocate_tensors()
    details = interpreter.get_signature_runner("serving_default").get_input_details()
    outputs = [detail["index"] for detail in interpreter.get_output_details()]
    cells = []
    with np.load(row, allow_pickle=False) as arrays:
        for place, name in enumerate(arrays["arr_0"].tolist(), 1):
            cell = arrays[f"arr_{place}"]
            if cell.dtype.kind == "U":
                cell = np.array([cell[0].encode()], object)
            cells.append((details[name]["index"], cell))
    seconds = []
    for _ in range(_WARM_UP + _CALLS):
        began = time.perf_counter()
        for index, cell in cells:
            interpreter.set_tensor(index, cell)
        interpreter.invoke()
        for index in outputs:
            interpreter.get_tensor(index)
        seconds.append(time.perf_counter() - began)
    found = {"p50_ms": 1000 * float(np.median(seconds[_WARM_UP:])), "rss_mb": _peak_bytes() / 1e6}
    json.dump(found, sys.stdout)


def _peak_bytes() -> int:
    """Tell the most memory this process has had; a fork's parent does not count."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            return next(1024 * int(x.split()[1]) for x in lines if x.startswith("VmHWM:"))
    except (OSError, StopIteration):  # macOS, whose figure is in bytes
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main(*sys.argv[1:])
