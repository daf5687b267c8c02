"""`tfx-pipeline run`: exit statuses and messages, before anything heavy is imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.project import Project
from tfx_pipeline.cli import main


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, rows=60)


def run(project: Project, capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    config = f"--config={project.folder}/configs/taxi.yaml"
    status = main(["run", config, *arguments])
    return status, capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--from=Trianer"], "did you mean `Trainer`?"),
        (["--to=Push"], "did you mean `Pusher`?"),
        (["--only=Nothing"], "CsvExampleGen, StatisticsGen"),
        (["--only=Trainer", "--from=Transform"], "--only goes with neither --from nor --to"),
        (["--from=Trainer", "--to=Transform"], "--from comes after --to"),
        (["--run-id=a/b"], "not a run id"),
        (["--env=moon"], "no such file"),
        (["--set=model.epoch=1"], "did you mean `epochs`?"),
        (["--set=data.path=data/taxy"], "no such file or folder"),
        (["--set=label.column=tip"], "did you mean `tips`?"),
    ],
)
def test_run_with_a_bad_argument_says_what_is_allowed(
    project: Project, capfd: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    status, out = run(project, capfd, *arguments)
    assert status == 2
    assert expected in out
    assert not (project.folder / "tfx_pipeline_output").exists()


def test_run_with_a_run_id_used_before_is_refused(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    (project.folder / "tfx_pipeline_output/taxi/runs/again").mkdir(parents=True)
    status, out = run(project, capfd, "--run-id=again")
    assert (status, "used before" in out) == (2, True)


def test_run_with_an_output_that_is_a_file_says_which_setting_to_change(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    (project.folder / "serving_model").write_text("in the way", encoding="utf-8")
    status, out = run(project, capfd)
    assert status == 2
    assert "this folder cannot be written to" in out
    assert "push.base_directory" in out


def test_run_with_metadata_that_is_a_folder_is_refused(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    status, out = run(project, capfd, "--set=environment.metadata.path=data")
    assert status == 2
    assert "a folder, not a file" in out


@pytest.mark.parametrize(
    ("text", "status", "expected"),
    [
        ("", 3, "empty"),
        ("fare,tips\n", 2, "is not a column of the table"),
    ],
)
def test_run_of_an_unusable_table_stops_at_once(
    project: Project,
    capfd: pytest.CaptureFixture[str],
    text: str,
    status: int,
    expected: str,
) -> None:
    project.table.write_text(text, encoding="utf-8")
    found, out = run(project, capfd)
    assert (found, expected in out) == (status, True), out


def test_run_of_text_in_a_numeric_column_names_its_line(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    project.edit_rows("fare", ["1.5", "cheap"])
    status, out = run(project, capfd)
    assert status == 3
    assert "data.csv:3" in out
    assert "cheap" in out


def test_run_of_a_label_that_is_not_a_number_names_its_line(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    project.edit_rows("tips", ["free"])
    status, out = run(project, capfd)
    assert status == 3
    assert "data.csv:2" in out
    assert "'free'" in out


def test_run_of_a_row_with_too_few_fields_names_its_line(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = project.table.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[4] = "1,2,3\n"
    project.table.write_text("".join(lines), encoding="utf-8")
    status, out = run(project, capfd)
    assert status == 3
    assert "data.csv:5" in out
