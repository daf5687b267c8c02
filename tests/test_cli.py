"""The command line, whatever the command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tfx_pipeline.cli import main


def test_main_without_command_prints_usage() -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2


def test_main_with_an_unknown_argument_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["models", "--port=3"])
    assert caught.value.code == 2
    assert "unrecognized arguments: --port=3" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["compile", "submit", "serve", "predict", "models", "promote", "rollback"]
)
def test_help_is_there_at_once(command: str) -> None:
    program = (
        "import sys\n"
        "from tfx_pipeline.cli import main\n"
        f"try: main([{command!r}, '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'tensorflow', 'kfp', 'pydantic', 'rich', 'google.protobuf'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("usage: tfx-pipeline " + command)
