"""`tfx-pipeline init` from the command line: what it writes, shows, keeps and refuses."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.cli import main
from tfx_pipeline.commands.table_setup import schema, writing
from tfx_pipeline.commands.table_setup.table_place import valid_name
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.sections.model import ModelConfig
from tfx_pipeline.runners.input_table import checked_table
from tfx_pipeline.tables.plan import Decision, TablePlan
from tfx_pipeline.tables.planning import plan_sample

Run = Callable[..., tuple[int, str, str]]
FILES = (
    "configs/.init/shop.json",
    "configs/env/local.yaml",
    "configs/shop.yaml",
    "data/shop/README.md",
    "schema/shop/schema.pbtxt",
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table, and nothing else."""
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path / "shop.csv")
    return tmp_path


@pytest.fixture
def init(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command; give exit status, output and errors."""
    if "auto" not in get_args(ModelConfig.model_fields["family"].annotation):
        monkeypatch.setattr(writing, "plan_sample", plan_without_auto)

    def run(*words: str) -> tuple[int, str, str]:
        status = main(["init", *words])
        sys.stdout.flush()
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    return run


def plan_without_auto(*words: Any, **options: Any) -> TablePlan:
    """Plan a table for as long as there is no `family: auto`."""
    plan = plan_sample(*words, **options)
    sections = {**plan.sections, "model.family": Decision("wide_deep")}
    return replace(plan, sections=sections)


def write_shop(file: Path, rows: int = 300, **more: Callable[[int], object]) -> None:
    """Write a table of customers: an id, amounts, names, and whether something was bought."""
    columns: dict[str, Callable[[int], object]] = {
        "id": lambda i: f"customer-{i * 7919 % 100_003:06}",
        "visits": lambda i: i * 37 % 23,
        "age": lambda i: "" if i % 50 == 7 else 18 + i * 31 % 57,
        "colour": lambda i: ("red", "green", "blue")[i * 13 % 3],
        "country": lambda _: "XY",
        "bought": lambda i: "Yes" if i * 17 % 4 == 0 else "No",
        **more,
    }
    lines = [",".join(f'"{name}"' for name in columns)]
    lines += [",".join(str(make(i)) for make in columns.values()) for i in range(rows)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def all_files(folder: Path) -> dict[str, str]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in found}


def config_of(project: Path, name: str = "shop") -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((project / f"configs/{name}.yaml").read_text("utf-8"))
    return values


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_init_writes_files_that_a_run_can_use(project: Path, init: Run) -> None:
    status, out, err = init("shop.csv", "--label=bought")
    assert (status, err) == (0, "")
    assert tuple(all_files(project)) == tuple(sorted((*FILES, "shop.csv")))
    config = config_of(project)
    assert config["name"] == "shop" and config["data"]["path"] == "shop.csv"
    assert config["label"]["column"] == "bought" and config["label"]["task"] == "binary"
    assert {"visits", "age", "colour"} <= {*config["features"]}
    assert not {"id", "country", "bought"} & {*config["features"]}
    table = checked_table(load_config("configs/shop.yaml", "local"))
    assert table.rows == 300 and not table.problems
    assert "new           configs/shop.yaml" in out
    assert out.endswith("then run it:\n  tfx-pipeline run --config configs/shop.yaml\n")
    assert "colour" in out and "left out" in out and "bought: binary" in out


def test_next_command_is_the_one_of_the_checkout(project: Path, init: Run) -> None:
    (project / "run_local.py").touch()
    assert (
        "\n  python run_local.py --config configs/shop.yaml\n"
        in init("shop.csv", "--label=bought")[1]
    )


def test_schema_has_the_types_that_the_configuration_needs(project: Path, init: Run) -> None:
    init("shop.csv", "--label=bought")
    text = (project / "schema/shop/schema.pbtxt").read_text("utf-8")
    schema = text_format.Parse(text, schema_pb2.Schema())
    features = {x.name: x for x in schema.feature}
    assert features["visits"].type == schema_pb2.INT
    assert features["colour"].type == features["bought"].type == schema_pb2.BYTES
    unsent = {name for name, x in features.items() if "SERVING" in x.not_in_environment}
    assert unsent == {"id", "country", "bought"}


def test_running_it_again_changes_nothing(project: Path, init: Run) -> None:
    init("shop.csv", "--label=bought")
    before = all_files(project)
    status, out, _ = init("shop.csv", "--label=bought")
    assert status == 0 and all_files(project) == before
    assert "unchanged     configs/shop.yaml" in out and "kept" not in out


def test_running_it_again_keeps_what_was_changed_and_follows_the_table(
    project: Path, init: Run
) -> None:
    init("shop.csv", "--label=bought")
    config, readme = project / "configs/shop.yaml", project / "data/shop/README.md"
    edit(config, "visits: {kind: ", "visits: {buckets: 3, kind: ")
    edit(config, "\nlabel:", "\n# Ada says so\nlabel:")
    edit(readme, "| `age` |  |", "| `age` | in years |")
    write_shop(project / "shop.csv", size=lambda i: i * 11 % 29 / 2)
    status, out, _ = init("shop.csv", "--label=bought")
    assert status == 0
    features = config_of(project)["features"]
    assert features["visits"]["buckets"] == 3 and "size" in features
    assert "# Ada says so\nlabel:" in config.read_text("utf-8")
    text = readme.read_text("utf-8")
    assert "| `age` | in years |" in text and "| `size` |  |" in text
    assert "kept as you have it:\n  features.visits: {buckets: 3, kind: numeric}" in out
    assert '"size"' in (project / "schema/shop/schema.pbtxt").read_text("utf-8")
    edit(project / "shop.csv", '"visits"', '"visit_count"')
    status, out, _ = init("shop.csv", "--label=bought")
    assert status == 0 and "visits" not in config_of(project)["features"]
    assert "# gone from the table: visits: {buckets: 3, kind: numeric}" in config.read_text("utf-8")
    assert not checked_table(load_config("configs/shop.yaml", "local")).problems


def test_changed_kind_is_followed_by_the_schema(project: Path, init: Run) -> None:
    init("shop.csv", "--label=bought")
    file = project / "schema/shop/schema.pbtxt"
    assert 'domain: "colour"' in file.read_text("utf-8")
    edit(project / "configs/shop.yaml", "  colour: {kind: categorical}", "  colour: {kind: text}")
    init("shop.csv", "--label=bought")
    assert 'domain: "colour"' not in file.read_text("utf-8")


def test_what_a_person_changed_and_does_not_fit_any_more_is_told(project: Path, init: Run) -> None:
    init("shop.csv", "--label=bought")
    edit(
        project / "configs/shop.yaml",
        "\nfeatures:",
        "\nlookups:\n  mean: {key: colour, value: visits}\n\nfeatures:",
    )
    edit(project / "shop.csv", '"visits"', '"visit_count"')
    of_before = (project / "schema/shop/schema.pbtxt").read_text("utf-8")
    status, out, _ = init("shop.csv", "--label=bought")
    assert status == 2
    assert (project / "schema/shop/schema.pbtxt").read_text("utf-8") == of_before
    assert "not usable yet: configs/shop.yaml:" in out and "`visits` is not a column" in out
    edit(project / "configs/shop.yaml", "value: visits", "value: visit_count")
    assert init("shop.csv", "--label=bought")[0] == 0
    assert '"visits"' not in (project / "schema/shop/schema.pbtxt").read_text("utf-8")


def test_dry_run_shows_all_and_writes_nothing(project: Path, init: Run) -> None:
    before = all_files(project)
    status, out, _ = init("shop.csv", "--label=bought", "--dry-run")
    assert status == 0 and all_files(project) == before
    assert "── configs/shop.yaml\n" in out and "\nlabel:\n  column: bought\n" in out
    assert 'name: "colour"' in out and "| `colour` |" in out
    assert "would be new  configs/shop.yaml" in out and "nothing was written" in out
    init("shop.csv", "--label=bought")
    write_shop(project / "shop.csv", size=lambda i: i * 11 % 29 / 2)
    before = all_files(project)
    _, out, _ = init("shop.csv", "--label=bought", "--dry-run")
    assert all_files(project) == before
    assert "\n+  size: {kind: numeric}" in out and "\n-" in out
    assert "would change  configs/shop.yaml" in out


def test_json_is_one_document(project: Path, init: Run) -> None:
    status, out, _ = init("shop.csv", "--label=bought", "--json", "--dry-run")
    found = json.loads(out)
    assert status == 0 and found["written"] is False and not (project / "configs").exists()
    assert [x["state"] for x in found["files"]] == ["new"] * 4
    init("shop.csv", "--label=bought")
    assert found["files"][0]["text"] == (project / "configs/shop.yaml").read_text("utf-8")
    assert found["plan"]["rows"] == 300
    assert {x["name"]: x["role"] for x in found["plan"]["columns"]}["id"] == "dropped"
    edit(project / "configs/shop.yaml", "visits: {kind: ", "visits: {buckets: 3, kind: ")
    found = json.loads(init("shop.csv", "--label=bought", "--json")[1])
    (kept,) = found["kept"]
    assert kept["setting"] == "features.visits" and found["written"] is True
    assert found["next"] == "tfx-pipeline run --config configs/shop.yaml"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("shop.csv", "--label=baught"), 2, "did you mean `bought`?"),
        (("shop.csv", "--label=country"), 3, "country"),
        (("nothing.csv", "--label=bought"), 2, "no such file or folder"),
        (("shap.csv", "--label=bought"), 2, "did you mean `shop.csv`"),
        (("shop.csv", "--label=bought", "--name=My Shop"), 2, "--name my_shop"),
        (("shop.csv", "--label=bought", "--task=regression"), None, "bought"),
        (("shop.csv", "--label=bought", "--table=x"), 2, "only a database is asked"),
        (("sqlite:///shop.db", "--label=bought"), 2, "--table NAME"),
        (("sqlite:///shop.db", "--label=bought", "--table=x"), 2, "no such file"),
        (("postgresql://a:b@h/d", "--label=x", "--table=x"), 2, "password_env"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_written(
    project: Path, init: Run, words: tuple[str, ...], status: int | None, said: str
) -> None:
    before = all_files(project)
    found, out, err = init(*words)
    assert found in ((2, 3) if status is None else (status,)), err
    assert said in err and out == ""
    assert all_files(project) == before


@pytest.mark.parametrize(
    "content",
    [
        b"", b"a,b\n", b"a,bought\n1,Yes\n", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9,
        b"a,bought\n" + b"1,Yes\n" * 50, b'a,"b\nc",bought\n1,2,Yes\n2,3,No\n' * 1,
        b"a,a,bought\n1,2,Yes\n2,3,No\n", b"PK\x03\x04" + bytes(200),
    ],
)  # fmt: skip
def test_file_that_is_no_table_to_learn_from_is_refused(
    project: Path, init: Run, content: bytes
) -> None:
    (project / "shop.csv").write_bytes(content)
    status, out, err = init("shop.csv", "--label=bought")
    assert status in (2, 3) and err and not out
    assert [*all_files_names(project)] == ["shop.csv"]


def all_files_names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def test_hand_made_configuration_is_not_overwritten(project: Path, init: Run) -> None:
    (project / "configs").mkdir()
    (project / "configs/shop.yaml").write_text("name: shop\n", encoding="utf-8")
    status, out, err = init("shop.csv", "--label=bought")
    assert status == 2 and out == "" and "--name" in err and "--force" in err
    assert config_of(project) == {"name": "shop"}
    assert init("shop.csv", "--label=bought", "--name=shop2")[0] == 0
    assert init("shop.csv", "--label=bought", "--force")[0] == 0
    assert config_of(project)["label"]["column"] == "bought"


def test_own_readme_and_schema_of_before_stay(project: Path, init: Run) -> None:
    (project / "data/shop").mkdir(parents=True)
    (project / "data/shop/README.md").write_text("mine\n", encoding="utf-8")
    for _ in range(2):
        assert init("shop.csv", "--label=bought")[0] == 0
        assert (project / "data/shop/README.md").read_text("utf-8") == "mine\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_cannot_be_written_leaves_nothing_behind(project: Path, init: Run) -> None:
    (project / "schema").mkdir(mode=0o555)
    status, _, err = init("shop.csv", "--label=bought")
    assert status == 2 and "cannot be written" in err and not (project / "configs").exists()


def test_file_in_the_way_leaves_nothing_behind(project: Path, init: Run) -> None:
    (project / "schema").write_text("a file", encoding="utf-8")
    before = all_files(project)
    status, out, err = init("shop.csv", "--label=bought")
    assert status == 2 and "cannot be" in err and out == ""
    assert all_files(project) == before and not (project / "configs").exists()


def test_invalid_change_of_a_person_is_told_with_its_line(project: Path, init: Run) -> None:
    init("shop.csv", "--label=bought")
    edit(project / "configs/shop.yaml", "colour: {kind: categorical", "colour: {kind: categoric")
    before = all_files(project)
    status, _, err = init("shop.csv", "--label=bought")
    assert status == 2 and "says no known kind" in err and "shop.yaml:" in err
    assert all_files(project) == before


def test_odd_names_of_columns_are_written_so_that_they_are_read_back(
    project: Path, init: Run
) -> None:
    odd = ["yes", "null", "2020", "@id", "a.b", "c: d", "#e", "it's", "Größe (cm)", "- f", "{g}"]
    write_shop(
        project / "shop.csv",
        **{name: lambda i, k=k: i * (k + 3) % 17 for k, name in enumerate(odd)},
    )  # type: ignore[misc]
    assert init("shop.csv", "--label=bought")[0] == 0
    loaded = load_config("configs/shop.yaml", "local")
    assert {*odd} <= {*loaded.config.features}
    assert not checked_table(loaded).problems


def test_label_that_is_called_like_an_option_is_a_label(project: Path, init: Run) -> None:
    write_shop(project / "shop.csv", kind=lambda i: "a" if i % 3 else "b")
    assert init("shop.csv", "--label=kind")[0] == 0
    config = config_of(project)
    assert config["label"]["column"] == "kind" and "kind" not in config["features"]


def test_table_outside_of_the_project_is_named_by_its_whole_path(
    project: Path, init: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "inner").mkdir()
    monkeypatch.chdir(project / "inner")
    assert init("../shop.csv", "--label=bought")[0] == 0
    assert config_of(project / "inner")["data"]["path"] == str(project / "shop.csv")


def test_folder_and_database_are_read_as_a_run_reads_them(project: Path, init: Run) -> None:
    write_shop(project / "data/many/part-1.csv", 200)
    write_shop(project / "data/many/part-2.csv", 100)
    assert init("data/many", "--label=bought")[0] == 0
    assert config_of(project, "many")["data"]["path"] == "data/many"
    rows = [(i, i * 37 % 23, "Yes" if i * 17 % 4 == 0 else "No") for i in range(300)]
    with sqlite3.connect(project / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (amount INTEGER, visits INTEGER, bought TEXT)")
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
    connection.close()
    status, _, err = init("sqlite:///shop.db", "--table=order", "--label=bought")
    assert status == 3
    assert "--table: the query cannot be run: no such table: order" in err
    assert "DATA" not in err
    status, _, err = init("sqlite:///shop.db", "--table=orders", "--label=bought")
    assert (status, err) == (0, "")
    source = config_of(project, "orders")["data"]["source"]
    assert source == {"kind": "sql", "url": "sqlite:///shop.db", "table": "orders"}
    assert not checked_table(load_config("configs/orders.yaml", "local")).problems


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("shop.csv", "shop"), ("My Shop (2024).csv.gz", "my_shop_2024"), ("a.b.csv", "a_b"),
        ("Häuser.parquet", "hauser"), ("2024.csv", "table_2024"), ("データ.csv", "table"),
        ("x" * 99, "x" * 63),
    ],
)  # fmt: skip
def test_name_is_made_of_the_tables(text: str, name: str) -> None:
    assert valid_name(text) == name


def test_no_tensorflow_is_imported(project: Path) -> None:
    program = (
        "import sys; from tests.commands.test_init import main, plan_without_auto, writing;"
        "writing.plan_sample = plan_without_auto;"
        "status = main(['init', 'shop.csv', '--label=bought', '--dry-run']);"
        "heavy = {'tensorflow', 'tfx', 'apache_beam', 'lightgbm'};"
        "print(status, sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout.endswith("0 []\n"), done.stdout + done.stderr


def test_large_table_is_looked_at_in_part_and_bound_to_nothing(
    project: Path, init: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_MOST_CELLS", 100)
    monkeypatch.setattr(schema, "_SAMPLE_CELLS", 600)
    assert init("shop.csv", "--label=bought")[0] == 0
    text = (project / "schema/shop/schema.pbtxt").read_text("utf-8")
    assert "Inferred from 100 rows" in text and "They are not all" in text
    assert "string_domain" not in text and "min_fraction: 1" not in text
    assert not checked_table(load_config("configs/shop.yaml", "local")).problems


def test_pattern_is_read_as_a_run_reads_it(project: Path, init: Run) -> None:
    write_shop(project / "data/2024/a.csv", 200)
    write_shop(project / "data/2024/b.csv", 100)
    (project / "data/2024/other.csv").write_text("x\n1\n", encoding="utf-8")
    status, _, err = init("data/2024/[ab].csv", "--label=bought", "--name=both")
    assert (status, err) == (0, "")
    assert config_of(project, "both")["data"]["path"] == "data/2024/[ab].csv"
    assert checked_table(load_config("configs/both.yaml", "local")).rows == 300


def test_table_that_a_run_refuses_is_refused_here(project: Path, init: Run) -> None:
    write_shop(project / "data/twice/a.csv", 200)
    write_shop(project / "data/twice/b.csv", 200)
    before = all_files(project)
    status, out, err = init("data/twice", "--label=bought")
    assert status == 3 and out == "" and "nothing was written" in err
    assert all_files(project) == before
