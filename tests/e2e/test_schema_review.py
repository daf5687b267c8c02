"""A run that the data gate refuses names places and commands; with these the next one passes."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.e2e.project import REPOSITORY, run_forked

pytestmark = [pytest.mark.e2e, pytest.mark.once]

RUN = [str(REPOSITORY / "run_local.py"), "--config=configs/penguins.yaml", "--to=DataGate"]


def test_commands_of_a_refused_run_let_the_next_one_pass(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "configs", tmp_path / "configs")
    shutil.copytree(REPOSITORY / "data/penguins", tmp_path / "data/penguins")
    config = tmp_path / "configs/penguins.yaml"
    text = config.read_text(encoding="utf-8")
    place = "path: data/penguins\n  schema_file: schema/penguins/schema.pbtxt"
    config.write_text(text.replace("path: data/penguins", place), encoding="utf-8")
    cli = ["-m", "tfx_pipeline.cli", "schema"]
    run_forked([*cli, "infer", "--config=configs/penguins.yaml", "--ranges"], tmp_path)
    schema = tmp_path / "schema/penguins/schema.pbtxt"
    schema.write_text("# Of Palmer's islands.\n" + schema.read_text(encoding="utf-8"))
    (table,) = (tmp_path / "data/penguins").glob("*.csv")
    lines = table.read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    for line, name, cell in ((3, "island", "Deception"), (5, "body_mass_g", "9000")):
        cells = lines[line - 1].split(",")
        cells[names.index(name)] = cell
        lines[line - 1] = ",".join(cells)
    lines = [f"{lines[0]},band", *(f"{row},x{i % 7}" for i, row in enumerate(lines[1:]))]
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")

    out = run_forked(RUN, tmp_path, status=3).stdout
    shown = f"data/penguins/{table.name}"
    assert f"'Deception' at {shown}:3 in 1 of " in out
    assert f"'9000' at {shown}:5 in 1 of " in out
    assert f"'x0' at {shown}:2, 'x1' at {shown}:3, 'x2' at {shown}:4 in " in out
    commands = sorted(set(re.findall(r"schema accept (.*) --why '…'", out)))
    assert [shlex.split(command) for command in commands] == [
        ["column/band", "--config", "configs/penguins.yaml"],
        ["domain/island", "--config", "configs/penguins.yaml"],
        ["max/body_mass_g", "--config", "configs/penguins.yaml"],
    ]
    for command in commands:
        words = [*cli, "accept", *shlex.split(command), "--why=new islands", "--who=Ada"]
        run_forked(words, tmp_path)
    run_forked(RUN, tmp_path)
    assert schema.read_text(encoding="utf-8").startswith("# Of Palmer's islands.\n")
    changelog = (schema.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.count("new islands") == 3 and "'Deception'" in changelog
