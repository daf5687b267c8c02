"""Paths as people write them: filled in, or told what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.path_checks import matching_files, near_name
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError

FIELDS = [
    "data.path",
    "data.schema_file",
    "environment.pipeline_root",
    "environment.metadata.path",
    "push.base_directory",
]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    root = tmp_path / "project"
    for folder in (root / "data", tmp_path / "home/tables"):
        folder.mkdir(parents=True)
        for name in ("a.csv", "b.csv", ".hidden.csv", "c.txt"):
            (folder / name).write_text("x\n1\n")
    (root / "c.yaml").write_text(
        "name: c\ndata: d\nlabel: {column: x, task: regression}\nfeatures: {f: numeric}\n"
    )
    return root


def load(project: Path, field: str, text: str) -> PipelineConfig:
    return load_config(project / "c.yaml", None, [f"{field}={text}"]).config


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~/tables/a.csv", "{home}/tables/a.csv"),
        ("~", "{home}"),
        ("~/{pipeline}/x", "{home}/c/x"),
        ("~root/x", "/root/x"),
        ("data/a.csv", "{root}/data/a.csv"),
        ("./x/../y", "{root}/x/../y"),
        ("/abs/x", "/abs/x"),
        ("{pipeline}/x", "{root}/c/x"),
        ("my folder/ä #1 50%", "{root}/my folder/ä #1 50%"),
        ("it's", "{root}/it's"),
        ("-dash", "{root}/-dash"),
        ("a$b,c;d", None),
    ],
)
def test_path_of_the_configuration_is_filled_in(
    project: Path, field: str, text: str, expected: str | None
) -> None:
    if expected is None:
        with pytest.raises(ConfigError, match="cannot be used"):
            load(project, field, text)
        (project / text).mkdir()  # what is there by this very name is meant
        expected = f"{{root}}/{text}"
    config = load(project, field, text)
    home = str(project.parent / "home")
    wanted = expected.replace("{home}", home).replace("{root}", str(project))
    assert str(config.path(text)) == wanted


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data\\a.csv", "did you mean data/a.csv?"),
        ("tables\\x\\y.csv", "write tables/x/y.csv"),
        ("C:\\data\\x.csv", "in WSL that is /mnt/c/data/x.csv"),
        ("C:/data/x.csv", "in WSL that is /mnt/c/data/x.csv"),
        ("\\\\server\\share\\x", "a path as Windows writes it"),
        ("$HOME/x.csv", "`$HOME` is not filled in here"),
        ("${DATA}/x.csv", "`${DATA}` is not filled in here"),
        ("%USERPROFILE%/x.csv", "`%USERPROFILE%` is not filled in here"),
        ("{pipline}/x", "`{pipline}` is not filled in here"),
        ("data/{a,b}.csv", "`{a,b}` is not filled in here"),
        ("~nobody-of-this-name/x", "there is no user `nobody-of-this-name`"),
        ('""', "an empty path"),
        ('"a\\nb"', "a line break"),
        ('"a\\0b"', "a line break, or another character"),
        ('" data/a.csv"', "write data/a.csv"),
    ],
)
def test_path_that_cannot_be_meant_is_told_with_the_next_step(
    project: Path, field: str, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(project, field, text)
    (problem,) = caught.value.problems
    assert f"`{field}`" in problem.what
    assert said in str(problem)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data/*.csv", "it matches a.csv, b.csv"),
        ("data/?.csv", "it matches a.csv, b.csv"),
        ("data/[ab].csv", "it matches a.csv, b.csv"),
        ("da*/a.csv", "it matches a.csv"),
        ("**/*.csv", "it matches a.csv, b.csv"),
        ("~/tables/*", "it matches a.csv, b.csv, c.txt"),
        ("none/*.csv", "it matches nothing"),
        ("data/*.parquet", "it matches nothing"),
        ("data/[v2]/x.csv", "it matches nothing"),
        ("*", "it matches c.yaml, data"),
    ],
)
@pytest.mark.parametrize("field", ["data.schema_file", "environment.metadata.path"])
def test_pattern_is_told_with_what_it_matches(
    project: Path, field: str, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(project, field, text)
    assert f"a pattern; {said}" in caught.value.problems[0].what


@pytest.mark.parametrize("text", ["none/*.csv", "data/*.parquet", "data/[v2]/x.csv", "da*"])
def test_pattern_of_a_table_that_matches_no_file_is_told(project: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="a pattern; it matches"):
        load(project, "data.path", text)


@pytest.mark.parametrize("text", ["data/*.csv", "data/[ab].csv", "**/?.csv", "~/tables/*"])
def test_pattern_of_a_table_that_matches_files_is_taken(project: Path, text: str) -> None:
    assert load(project, "data.path", text).data.path == text


@pytest.mark.parametrize("name", ["[v2]", "a*b", "what?", "{a,b}", "$x", "C:", "a\\b", "%A%"])
def test_path_with_special_characters_that_is_there_is_taken(project: Path, name: str) -> None:
    (project / name).mkdir()
    (project / name / "t.csv").write_text("x\n1\n")
    text = f"{name}/t.csv"
    assert load(project, "data.path", text).path(text).read_text() == "x\n1\n"


@pytest.mark.parametrize("text", ["s3://bucket/x.csv", "https://host/x.csv", "gs://bucket/x"])
def test_uri_of_what_is_read_here_is_refused(project: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        load(project, "data.path", text)
    assert "fetch it first" in str(caught.value)
    assert load(project, "environment.pipeline_root", text).root_uri == text


@pytest.mark.parametrize(
    "text", ["gs://b/[v2]", "s3://b/a*", "gs://b/a?", "/mnt/[a]/x", "out\\[1]"]
)
@pytest.mark.parametrize("field", ["environment.pipeline_root", "push.base_directory"])
def test_place_in_a_cluster_that_libraries_take_for_a_pattern_is_refused(
    project: Path, field: str, text: str
) -> None:
    words = ["environment.runner=kfp", f"{field}={text}"]
    with pytest.raises(ConfigError) as caught:
        load_config(project / "c.yaml", None, words)
    assert f"`{field}`: TensorFlow takes this for a pattern" in str(caught.value)


def test_uri_of_a_file_is_told_as_a_path(project: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(project, "data.path", "file:///data/x.csv")
    assert "write /data/x.csv" in str(caught.value)


def test_matching_files_takes_folders_with_special_names_as_they_are(project: Path) -> None:
    folder = project / "my [v2] *"
    for name in ("p1/a.csv", "p2/b.csv", "p2/.c.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    found = [str(each.relative_to(folder)) for each in matching_files(folder / "p?/*.csv")]
    assert found == ["p1/a.csv", "p2/b.csv"]
    assert [each.name for each in matching_files(folder / "**/*.csv")] == ["a.csv", "b.csv"]


def test_near_name_asks_for_the_neighbour(project: Path) -> None:
    assert near_name(project / "data/A.CSV") == f"did you mean `a.csv` in {project}/data?"
    assert near_name(project / "dta/a.csv") == f"did you mean `data` in {project}?"
    assert near_name(project / "zzz") is None


def test_load_config_by_a_path_from_home_is_found(project: Path, tmp_path: Path) -> None:
    (project / "c.yaml").rename(tmp_path / "home/c.yaml")
    (tmp_path / "home/e.yaml").write_text("model: {epochs: 7}\n")
    assert load_config("~/c.yaml", "~/e.yaml").config.model.epochs == 7


@pytest.mark.parametrize(
    ("path", "span", "expected"),
    [
        ("data/{SPAN}/{SPAN}", "latest", "`{SPAN}` more than once"),
        ("data/{SPAN}/{YYYY}-{MM}-{DD}", "latest", "both a span and a date"),
        ("data/{YYYY}-{MM}", "latest", "not exactly one of each part of a date"),
        ("data/{VERSION}", "latest", "`{VERSION}` without a span"),
        ("data/{SPAN:two}", "latest", "the width is no whole number"),
        ("data/{span}", "latest", "`{span}` is not filled in here"),
        ("data", "3", "`data.span` chooses spans, and `data.path` has none"),
        ("gs://bucket/{SPAN}", "latest", "a URI, and this is read on this machine"),
    ],
)
def test_path_with_specs_that_cannot_be_filled_in_is_refused(
    project: Path, path: str, span: str, expected: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(project / "c.yaml", None, [f"data.path={path}", f"data.span={span}"])
    (problem,) = caught.value.problems
    assert expected in problem.what


@pytest.mark.parametrize("path", ["data/{SPAN}", "data/{YYYY}/{MM}-{DD}/v{VERSION:2}/*.csv"])
def test_path_with_specs_is_accepted_before_its_spans_are_there(project: Path, path: str) -> None:
    assert load(project, "data.path", path).data.path == path


@pytest.mark.parametrize(
    ("written", "at", "window", "first"),
    [
        ("7", "7", 1, None),
        ("007", "007", 1, None),
        ("2026-01-31", "2026-01-31", 1, None),
        ("latest", "latest", 1, None),
        ("{window: 7}", "latest", 7, None),
        ("{at: 12, first: 3}", "12", 1, "3"),
    ],
)
def test_span_is_taken_as_it_is_written(
    project: Path, written: str, at: str, window: int, first: str | None
) -> None:
    overrides = ["data.path=data/{SPAN}", f"data.span={written}"]
    span = load_config(project / "c.yaml", None, overrides).config.data.span
    assert (span.at, span.window, span.first) == (at, window, first)
