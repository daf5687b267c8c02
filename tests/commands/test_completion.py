"""`tfx-pipeline completion`: what bash makes of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tfx_pipeline.cli import main


def completed(script: str, words: list[str], folder: Path) -> list[str]:
    """Let bash complete the last of these words, as TAB does."""
    line = " ".join(f"'{word}'" for word in words)
    commands = (
        f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}\n"
        f"_shtab_tfx_pipeline '{words[0]}' '{words[-1]}' '{words[-2]}'\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", commands], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.fixture
def script(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", "bash"]) == 0
    return capsys.readouterr().out


def test_completion_of_a_command_and_of_its_options(script: str, tmp_path: Path) -> None:
    assert completed(script, ["tfx-pipeline", "exp"], tmp_path) == ["explain", "export"]
    assert completed(script, ["tfx-pipeline", "clean", "--ke"], tmp_path) == ["--keep"]
    assert completed(script, ["tfx-pipeline", "schema", "acc"], tmp_path) == ["accept"]


def test_completion_of_a_file_names_files(script: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").touch()
    assert completed(script, ["tfx-pipeline", "run", "--config", "mi"], tmp_path) == ["mine.yaml"]


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_completion_for_other_shells_has_every_command(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(command in script for command in ("promote", "rollback", "schema", "explain"))
