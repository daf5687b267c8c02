"""How long it takes to know what the files of a table hold, beside bare hashing in threads.

    python benchmarks/fingerprints.py [--repeat 3] [--megabytes 400] [--files 10000]

Two folders: a few large files, and many small ones. Bare hashing reads each file at once and takes
its sha256, in as many threads; both have their files in the page cache. Then the unchanged folders
are listed and looked at again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tfx_pipeline.ingestion.fingerprints.file_state import SETTLED_NS
from tfx_pipeline.ingestion.fingerprints.fingerprints import fingerprint_files
from tfx_pipeline.ingestion.reading.table_files import table_files


def main() -> None:
    """Measure, and print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=400, help="in 8 files")
    parser.add_argument("--files", type=int, default=10_000, help="of 2 KB each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        large = _write(Path(name, "large"), 8, options.megabytes * 1_000_000 // 8)
        small = _write(Path(name, "small"), options.files, 2_000)
        time.sleep(SETTLED_NS / 1e9 + 0.1)
        _compare(f"{options.megabytes} MB in 8 files", large, options.repeat)
        _compare(f"{options.files:,} files of 2 KB", small, options.repeat)


def _compare(what: str, files: list[Path], repeat: int) -> None:
    memory = files[0].parent.with_suffix(".json")

    def first() -> None:
        memory.unlink(missing_ok=True)
        fingerprint_files(files, memory)

    bare, ours = [], []
    for _ in range(repeat):  # in turn: the machine's speed changes
        bare.append(_seconds(lambda: _bare(files)))
        ours.append(_seconds(first))
    folder = files[0].parent
    again = statistics.median(
        _seconds(lambda: fingerprint_files(table_files(folder).files, memory)) for _ in range(5)
    )
    hashing, first_time = statistics.median(bare), statistics.median(ours)
    print(
        f"{what}: bare {hashing:.3f} s, fingerprints {first_time:.3f} s"
        f" ({first_time / hashing:.2f} x), unchanged {again:.3f} s"
    )


def _write(folder: Path, count: int, size: int) -> list[Path]:
    folder.mkdir()
    files = [folder / f"{number:05d}.csv" for number in range(count)]
    for file in files:
        file.write_bytes(os.urandom(size))
    return files


def _bare(files: list[Path]) -> None:
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        list(threads.map(lambda file: hashlib.sha256(file.read_bytes()).hexdigest(), files))


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
