"""`tfx-pipeline batch --engine beam` on Prism: the rows and answers of one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.batch.beam.made_model import save_model
from tests.batch.beam.test_work import COUNT, check_same
from tests.batch.beam.test_work import table as table
from tests.batch.made_jobs import run
from tests.prism import commands, prism, worker_pool

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).resolve().parents[3]


def batch(table: Path, output: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tfx_pipeline.cli", "batch", f"--input={table}"]
    command += [f"--output={output}", "--engine=beam", "--config=configs/penguins.yaml", *words]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=600)


def test_batch_on_prism_gives_the_rows_and_answers_of_one_process(
    tmp_path: Path, table: Path
) -> None:
    model = save_model(tmp_path / "serving" / "made" / "7")
    keep = ("--id=key", "--keep=n", f"--model={model}")
    with (
        prism(tmp_path, tmp_path / "prism.log") as engine,
        worker_pool(tmp_path, tmp_path / "pool.log") as pool,
    ):
        done = batch(
            table,
            tmp_path / "beam",
            *commands()["run_local.py"][2:],
            f"--set=environment.beam.job_endpoint={engine.address}",
            f"--set=environment.beam.worker_pool={pool.address}",
            *keep,
        )
        log = engine.log.read_text(encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{COUNT} rows read = {COUNT - 3} written + 3 bad" in done.stdout
    assert log.count("pipeline done!") == 1
    run(
        model,
        tmp_path / "here",
        table,
        engine="tensorflow",
        id_column="key",
        kept=["n"],
        chunk_rows=0,
    )
    check_same(tmp_path / "here", tmp_path / "beam", files=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--env=prism", "--set=environment.beam.job_endpoint=localhost:1"],
            "no job service of Beam answers",
        ),
        (
            ["--set=environment.beam.engine=dataflow"],
            "its workers do not see the folders of this machine",
        ),
    ],
)
def test_batch_where_no_engine_can_answer_is_refused_before_anything_is_written(
    tmp_path: Path, table: Path, words: list[str], said: str
) -> None:
    model = save_model(tmp_path / "m" / "1")
    done = batch(table, tmp_path / "beam", *words, f"--model={model}")
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "beam").exists()
