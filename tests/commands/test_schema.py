"""`tfx-pipeline schema`: each action from the command line, over shipped and broken tables."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.cli import main

Run = Callable[..., tuple[int, str, str]]
WHY = ("--who=Ada", "--why=a reason")


@pytest.fixture
def project(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped taxi, with its first 300 trips."""
    for folder in ("configs", "schema"):
        shutil.copytree(repository / folder, tmp_path / folder)
    lines = (repository / "data/taxi/data.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "data/taxi").mkdir(parents=True)
    (tmp_path / "data/taxi/data.csv").write_text("\n".join(lines[:301]) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def schema(project: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run an action; give exit status, output and errors."""

    def run(*words: str) -> tuple[int, str, str]:
        status = main(["schema", *words])
        sys.stdout.flush()
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    return run


def edit(project: Path, line: int, **cells: str) -> None:
    """Change cells of a line of the table."""
    file = project / "data/taxi/data.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    names, row = lines[0].split(","), lines[line - 1].split(",")
    for name, cell in cells.items():
        row[names.index(name)] = cell
    lines[line - 1] = ",".join(row)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def add_column(project: Path, name: str, cell: str) -> None:
    file = project / "data/taxi/data.csv"
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    lines = [f"{head},{name}", *(f"{row},{cell}" for row in rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def curated(project: Path) -> schema_pb2.Schema:
    text = (project / "schema/taxi/schema.pbtxt").read_text(encoding="utf-8")
    return text_format.Parse(text, schema_pb2.Schema())


def test_check_of_a_good_table_is_silent_but_for_one_line(schema: Run) -> None:
    status, out, err = schema("check", "data/taxi/data.csv")
    assert (status, err) == (0, "")
    assert out.startswith("data/taxi/data.csv: 300 rows, as schema/taxi/schema.pbtxt has it (")
    assert out.count("\n") == 1


def test_check_says_rule_share_values_places_and_the_command(project: Path, schema: Run) -> None:
    edit(project, 3, fare="1200.5", payment_type="Gold")
    edit(project, 5, payment_type="Gold")
    edit(project, 9, payment_type="Beads")
    status, out, _ = schema("check", "data/taxi/data.csv")
    assert status == 3
    assert "data/taxi/data.csv: 300 rows, 2 rules of schema/taxi/schema.pbtxt broken (" in out
    assert "`payment_type`: 2 values outside of the domain (domain)" in out
    assert (
        "received 3 of 300 rows (1.00%): 'Gold' at data/taxi/data.csv:3,"
        " 'Beads' at data/taxi/data.csv:9"
    ) in out
    assert "schema accept max/fare --file data/taxi/data.csv --why '…'" in out


def test_check_json_is_for_programs(project: Path, schema: Run) -> None:
    edit(project, 3, fare="1200.5")
    status, out, _ = schema("check", "data/taxi/data.csv", "--json")
    found = json.loads(out)
    (finding,) = found.pop("findings")
    assert (status, found["rows"], found["passed"]) == (3, 300, False)
    assert finding["values"] == [{"value": "1200.5", "place": "data/taxi/data.csv:3"}]
    assert (finding["feature"], finding["rule"], finding["rows"]) == ("fare", "max", 1)
    assert finding["limit"] == 1200.5 and finding["share"] == pytest.approx(1 / 300)


def test_check_of_what_callers_send_needs_no_label(project: Path, schema: Run) -> None:
    file = project / "data/taxi/data.csv"
    rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
    unsent = ("tips", "trip_start_timestamp", "pickup_census_tract", "dropoff_census_tract")
    kept = [i for i, name in enumerate(rows[0]) if name not in unsent]
    served = "\n".join(",".join(row[i] for i in kept) for row in rows)
    (project / "served.csv").write_text(served + "\n", encoding="utf-8")
    assert schema("check", "served.csv", "--environment=SERVING")[0] == 0
    status, out, _ = schema("check", "served.csv", "--environment=TRAINING")
    assert status == 3 and "`tips`: the column is missing (column)" in out
    status, out, _ = schema("check", "data/taxi/data.csv", "--environment=SERVING")
    assert status == 3 and "`tips`: rows for SERVING do not have this column" in out
    status, _, err = schema("check", "served.csv", "--environment=serving")
    assert status == 2 and "TRAINING, SERVING" in err and "did you mean `SERVING`?" in err


def test_check_of_a_schema_by_itself_needs_no_configuration(project: Path, schema: Run) -> None:
    shutil.rmtree(project / "configs")
    words = ("check", "data/taxi", "--schema=schema/taxi/schema.pbtxt")
    assert schema(*words)[0] == 0
    assert schema("check", "data/taxi")[0] == 2


def test_check_of_what_is_no_table_says_so(project: Path, schema: Run) -> None:
    (project / "book.csv").write_bytes(b"PK\x03\x04[Content_Types]")
    status, _, err = schema("check", "book.csv")
    assert status == 3 and "this is an Excel workbook" in err
    status, _, err = schema("check", "data/taxi/date.csv")
    assert status == 2 and "did you mean `data.csv`?" in err


@pytest.mark.slow
def test_check_of_records_names_their_numbers(project: Path, schema: Run) -> None:
    from tests.ingestion.table_forms import write_records

    edit(project, 3, fare="9999.5")
    write_records(project / "data/taxi/data.csv", project / "trips.tfrecord")
    status, out, _ = schema("check", "trips.tfrecord")
    assert status == 3 and "9999.5' at trips.tfrecord:2" in out


def test_diff_of_the_configured_query_asks_the_database(project: Path, schema: Run) -> None:
    from tests.ingestion.table_forms import write_sqlite

    edit(project, 3, fare="9999.5")
    write_sqlite(project / "data/taxi/data.csv", project / "taxi.db")
    config = project / "configs/taxi.yaml"
    text = config.read_text(encoding="utf-8")
    source = "source: {kind: sql, url: 'sqlite:///taxi.db', table: trips}"
    config.write_text(text.replace("path: data/taxi", source, 1), encoding="utf-8")
    status, out, err = schema("diff")
    assert status == 3 and "9999.5' at trips:2" in out, err


def test_check_lists_all_broken_rules_of_a_column(project: Path, schema: Run) -> None:
    rules = "presence { min_fraction: 1 min_count: 900 } value_count { min: 2 }"
    (project / "s.pbtxt").write_text(f'feature {{ name: "company" type: BYTES {rules} }}')
    status, out, _ = schema("check", "data/taxi", "--schema=s.pbtxt", "--json")
    found = [x["rule"] for x in json.loads(out)["findings"] if x["feature"] == "company"]
    assert status == 3 and found == ["value_count", "min_count", "min_fraction"]


@pytest.mark.slow
def test_check_of_a_million_rows_takes_seconds_and_no_tensorflow(
    project: Path, repository: Path
) -> None:
    head, *rows = (repository / "data/taxi/data.csv").read_bytes().splitlines()
    with open(project / "big.csv", "wb") as file:  # two columns more: twenty
        file.write(head + b",one,two\n")
        block = b"".join(row + b",1,two\n" for row in rows)
        for _ in range(100):
            file.write(block)
    more = 'feature { name: "one" type: INT } feature { name: "two" type: BYTES }\n'
    with open(project / "schema/taxi/schema.pbtxt", "a", encoding="utf-8") as file:
        file.write(more)
    program = (
        "import sys; from tfx_pipeline.cli import main;"
        "status = main(['schema', 'check', 'big.csv', '--json']);"
        "heavy = {'tensorflow', 'tfx', 'apache_beam', 'tensorflow_data_validation'};"
        "print('|', status, sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    document, _, said = done.stdout.rpartition("|")
    assert json.loads(document)["rows"] == 1_000_000
    assert said.split() == ["0", "[]"]


def test_diff_of_the_shipped_table_breaks_nothing(schema: Run) -> None:
    status, out, _ = schema("diff")
    assert status == 0
    assert out.startswith("schema/taxi/schema.pbtxt against data/taxi (300 rows): 0 breaking, 0 w")


def test_diff_sorts_changes_and_names_the_steps(project: Path, schema: Run) -> None:
    edit(project, 3, payment_type="Gold")
    add_column(project, "tolls", "2.5")
    status, out, _ = schema("diff", "--json")
    changes = {(x["kind"], x["rule"], x["feature"]): x for x in json.loads(out)["changes"]}
    assert status == 3
    gold = changes["breaking", "domain", "payment_type"]
    assert gold["values"] == [{"value": "Gold", "place": "data/taxi/data.csv:3"}]
    assert gold["steps"] == [
        "Transform (features.payment_type)",
        "Trainer",
        "Evaluator (evaluation.slices)",
        "served signature",
    ]
    tolls = changes["widening", "column", "tolls"]
    assert tolls["steps"] == ["DataGate alone: nothing in the configuration uses it"]
    assert len(tolls["values"]) == 1 and tolls["rows"] == 300
    assert ("narrowing", "column", "pickup_census_tract") in changes
    fare = [x for x in json.loads(out)["changes"] if x["feature"] == "fare"]
    assert fare[0]["steps"][0] == (
        "Transform (features.fare, lookups.pickup_area_average_fare.value, label.rule)"
    )


def test_diff_of_a_new_column_alone_is_no_failure(project: Path, schema: Run) -> None:
    add_column(project, "tolls", "2.5")
    status, out, _ = schema("diff")
    assert status == 0 and "0 breaking, 1 widening" in out


def test_diff_of_two_schemas_compares_them(project: Path, schema: Run) -> None:
    text = (project / "schema/taxi/schema.pbtxt").read_text(encoding="utf-8")
    other = text.replace("min: 0 max: 1000", "min: 0 max: 2000", 1)
    (project / "other.pbtxt").write_text(other, encoding="utf-8")
    status, out, _ = schema("diff", "other.pbtxt")
    assert status == 0 and "`fare`: 1000 becomes 2000 (max)" in out and "1 widening" in out
    other = text.replace("type: FLOAT", "type: BYTES", 1).replace("float_domain", "# ", 1)
    (project / "other.pbtxt").write_text(other, encoding="utf-8")
    status, out, _ = schema("diff", "schema/taxi/schema.pbtxt", "other.pbtxt")
    assert status == 3 and "`trip_seconds`: FLOAT becomes BYTES (type)" in out
    assert schema("diff", "data/taxi", "other.pbtxt")[0] == 2
    assert schema("diff", "a.pbtxt", "b.pbtxt", "c.pbtxt")[0] == 2


def test_accept_of_what_diff_names_lets_the_table_pass(project: Path, schema: Run) -> None:
    edit(project, 3, payment_type="Gold", fare="1200.5")
    add_column(project, "tolls", "2.5")
    _, out, _ = schema("diff", "--json")
    changes: list[dict[str, Any]] = json.loads(out)["changes"]
    commands = [shlex.split(x["accept"]) for x in changes if x["kind"] != "narrowing"]
    assert len(commands) == 3
    for command in commands:
        words = command[command.index("schema") + 1 :]
        status, _, err = schema(*words[: words.index("--why")], *WHY)
        assert status == 0, err
    assert schema("check", "data/taxi/data.csv")[0] == 0
    added = {feature.name: feature for feature in curated(project).feature}["tolls"]
    assert added.type == schema_pb2.FLOAT and added.not_in_environment == ["SERVING"]
    changelog = (project / "schema/taxi/CHANGELOG.md").read_text(encoding="utf-8")
    assert "- `max/fare`: values above 1000, in 1 of 300 rows (0.33%): '1200.5'" in changelog
    assert changelog.count(", Ada\n\na reason\n") == 3
    text = (project / "schema/taxi/schema.pbtxt").read_text(encoding="utf-8")
    assert "# Chicago's 77 community areas." in text


def test_accept_of_typed_values_reads_no_data(project: Path, schema: Run) -> None:
    shutil.rmtree(project / "data")
    words = ("max/fare=1500", "domain/payment_type=Gold", "min_fraction/company=0.25")
    status, out, _ = schema("accept", *words, *WHY)
    assert status == 0 and "max/fare, domain/payment_type, min_fraction/company" in out
    features = {feature.name: feature for feature in curated(project).feature}
    assert features["fare"].float_domain.max == 1500
    assert features["company"].presence.min_fraction == 0.25
    assert schema("accept", *words, *WHY)[1].endswith("nothing was written\n")


def test_accept_narrow_forbids_what_no_row_has(project: Path, schema: Run) -> None:
    status, _, err = schema("accept", "--narrow", "domain/payment_type", *WHY)
    assert status == 0, err
    (domain,) = curated(project).string_domain
    assert set(domain.value) < {"Cash", "Credit Card", "Dispute", "No Charge", "Unknown", "Pcard"}
    assert schema("check", "data/taxi/data.csv")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no change is named"),
        (("max/fare",), "the data breaks no rule"),
        (("max/fare=much",), "not a number"),
        (("nothing",), "no such change"),
    ],
)
def test_accept_of_no_change_writes_nothing(
    words: tuple[str, ...], said: str, project: Path, schema: Run
) -> None:
    before = (project / "schema/taxi/schema.pbtxt").read_bytes()
    status, _, err = schema("accept", *words, *WHY)
    assert status == 2 and said in err
    assert (project / "schema/taxi/schema.pbtxt").read_bytes() == before
    assert not (project / "schema/taxi/CHANGELOG.md").exists()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
def test_accept_without_a_name_takes_gits(project: Path, schema: Run) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "config", "user.name", "Grace"], check=True)
    assert schema("accept", "max/fare=1500", "--why=inflation")[0] == 0
    assert ", Grace\n" in (project / "schema/taxi/CHANGELOG.md").read_text(encoding="utf-8")


def test_infer_writes_a_schema_that_its_table_passes(project: Path, schema: Run) -> None:
    status, _, err = schema("infer")
    assert status == 2 and "there is a schema already" in err and "--force" in err
    status, out, _ = schema("infer", "--force", "--ranges")
    assert status == 0 and out == "schema/taxi/schema.pbtxt: 18 columns of 300 rows\n"
    assert schema("check", "data/taxi", "--environment=TRAINING")[0] == 0
    features = {feature.name: feature for feature in curated(project).feature}
    unsent = {x.name for x in features.values() if "SERVING" in x.not_in_environment}
    assert unsent == {
        *("tips", "trip_start_timestamp", "pickup_census_tract", "dropoff_census_tract"),
    }


def test_infer_of_a_file_needs_a_place_and_no_configuration(project: Path, schema: Run) -> None:
    shutil.rmtree(project / "configs")
    assert schema("infer", "data/taxi/data.csv")[0] == 2
    assert schema("infer", "data/taxi/data.csv", "-o", "new/s.pbtxt")[0] == 0
    text = (project / "new/s.pbtxt").read_text(encoding="utf-8")
    assert "default_environment" not in text and text.startswith("# Curated schema of data/taxi")


def test_check_of_an_empty_file_asks_for_a_header(project: Path, schema: Run) -> None:
    Path("empty.csv").write_bytes(b"")
    status, out, err = schema("check", "empty.csv")
    assert (status, out) == (3, "")
    assert "empty.csv: an empty file" in err and "a header, then rows" in err


def test_diff_reads_the_spans_that_the_configuration_chooses(project: Path, schema: Run) -> None:
    for span in ("1", "2"):
        (project / "data/taxi" / span).mkdir()
    (project / "data/taxi/data.csv").rename("data/taxi/1/old.csv")
    shutil.copy("data/taxi/1/old.csv", "data/taxi/data.csv")
    edit(project, 3, payment_type="Gold")
    (project / "data/taxi/data.csv").rename("data/taxi/2/new.csv")
    status, out, _ = schema("diff", "--set", "data.path=data/taxi/{SPAN}/*.csv")
    assert status == 3 and "(300 rows)" in out
    assert "'Gold' at data/taxi/2/new.csv:3" in out
