"""Ask the real Kubeflow Pipelines about the cases, and write down what it says; see README.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.emulators.recording.cases import FOLDER, SCHEDULES
from tests.emulators.recording.cases import cases as asked_for
from tests.emulators.recording.metadata_server import serve

PORT = 50881
_FLAGS = "-mod=mod -buildvcs=false"


def main() -> None:
    """Build the recorder inside the checkout of one version, and run it over all cases."""
    (version,) = sys.argv[1:]
    source = Path(os.environ["KFP_SOURCE"]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recorder = _build(source, version, folder)
        asked = {
            "pipelines": [
                {"name": name, **_asked(asdict(case))} for name, case in asked_for().items()
            ],
            "schedules": SCHEDULES,
        }
        (folder / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
        server = serve(PORT)
        out = FOLDER / f"kfp-{version}.json"
        said = folder / "said.json"
        command = [recorder, folder / "cases.json", said, f"127.0.0.1:{PORT}"]
        subprocess.run(command, check=True)
        server.stop(None)
        out.write_text(_lines(json.loads(said.read_text(encoding="utf-8"))), encoding="utf-8")


def _lines(said: dict[str, dict[str, object]]) -> str:
    """Write a line a case."""
    parts = (
        f"{json.dumps(part)}: {{\n"
        + ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in cases.items())
        + "\n}"
        for part, cases in said.items()
    )
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _asked(case: dict[str, object]) -> dict[str, object]:
    case["yaml"] = case.pop("text")
    return case


def _build(source: Path, version: str, folder: Path) -> Path:
    """Add our files to the checkout by Go's overlay: nothing is written into it."""
    backend = source / "backend/src/v2"
    files = {
        backend / "cmd/recording/main.go": FOLDER / "main.go",
        backend / "cmd/recording/version.go": FOLDER / f"version_{version}.go",
        backend / "component/recording.go": FOLDER / f"launcher_{version}.go",
    }
    overlay, recorder = folder / "overlay.json", folder / "recorder"
    replaced = {str(there): str(here) for there, here in files.items()}
    overlay.write_text(json.dumps({"Replace": replaced}), encoding="utf-8")
    command = ["go", "build", "-overlay", overlay, "-o", recorder, "./backend/src/v2/cmd/recording"]
    flags = os.environ.get("GOFLAGS", _FLAGS)
    subprocess.run(command, cwd=source, env={**os.environ, "GOFLAGS": flags}, check=True)
    return recorder


if __name__ == "__main__":
    main()
