"""Paths of a configuration that cannot mean what they say: told before anything looks for them."""

from __future__ import annotations

import functools
import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.span import SpanConfig
from tfx_pipeline.config.yaml_source import KeyPath, YamlSource
from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.spans.pattern import SpanError, SpanPattern, has_specs
from tfx_pipeline.storage.fileio import is_uri
from tfx_pipeline.storage.plain_names import special_characters
from tfx_pipeline.wording import closest, listed

_INPUTS = (("data", "path"), ("data", "schema_file"))
_OUTPUTS = (("environment", "pipeline_root"), ("push", "base_directory"))
_FILES = (
    ("environment", "metadata", "path"),
    ("environment", "metadata", "password_file"),
    ("environment", "kubeflow", "ca_file"),
)
_VARIABLE = re.compile(r"\$\w+|\$\{\w+\}|%\w+%")
_PLACEHOLDERS = "`{pipeline}` for the pipeline's name; in data.path, TFX's `{SPAN}` and the like"
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_URI = ("a URI, and this is read on this machine", "a path", "fetch it first, and name that")
_DRIVE = re.compile(r"[A-Za-z]:([/\\]|$)")


def path_problems(config: PipelineConfig, source: YamlSource) -> Iterator[Problem]:
    """Find paths that nobody would fill in, and that name nothing as they are written."""
    yield from _span_problems(config, source)
    for path in (*_INPUTS, *_OUTPUTS, *_FILES):
        text = functools.reduce(getattr, path, config)
        if not isinstance(text, str):
            continue
        is_elsewhere = is_uri(text) or config.environment.runner != "local"
        if path in _OUTPUTS and is_elsewhere and special_characters(text):
            what = (
                f"`{'.'.join(path)}`: TensorFlow takes this for a pattern, and finds nothing there"
            )
            allowed = "a name without " + " ".join(special_characters(text))
            yield Problem(what, source.place(path), text, allowed)
            continue
        if path not in _INPUTS and is_uri(text):
            continue  # whether a target can use that is another question
        if "\0" not in text and text.strip() and config.path(text).exists():
            continue
        if path == ("data", "path") and (has_specs(text) or table_pattern(config.path(text))):
            continue
        found = _fault(config, path, text)
        if found:
            yield Problem(f"`{'.'.join(path)}`: {found[0]}", source.place(path), text, *found[1:])


def _span_problems(config: PipelineConfig, source: YamlSource) -> Iterator[Problem]:
    """Refuse specs that TFX refuses, and a choice of spans where the path has none."""
    text, place = config.data.path, source.place(("data", "path"))
    if not has_specs(text):
        if config.data.span != SpanConfig():
            what = "`data.span` chooses spans, and `data.path` has none"
            allowed = "a path with {SPAN}, or with {YYYY}, {MM} and {DD}"
            yield Problem(what, source.place(("data", "span")), text, allowed)
    elif is_uri(text):
        what, allowed, next_step = _URI
        yield Problem(f"`data.path`: {what}", place, text, allowed, next_step)
    else:
        try:
            SpanPattern.parse(str(config.path(text)))
        except SpanError as error:
            yield Problem(f"`data.path`: {error.what}", place, text, error.allowed)


def matching_files(pattern: Path) -> list[Path]:
    """List what a pattern of an absolute path matches, by name; `**` stands for all folders below.

    The folders that exist by the very name that is written are no patterns: `my [v2]/*.csv`.
    """
    folder = pattern
    while not folder.is_dir():
        folder = folder.parent
    rest = str(pattern)[len(str(folder)) :]
    found = glob.glob(glob.escape(str(folder)) + rest, recursive=True)
    return sorted(Path(each) for each in found if not os.path.basename(each).startswith("."))


def table_pattern(path: Path) -> list[Path]:
    """List the files of a table whose path is a pattern; none where it is none, or matches none."""
    if not glob.has_magic(str(path)):
        return []
    return [file for file in matching_files(path) if file.is_file()]


def near_name(path: Path) -> str | None:
    """Ask whether a neighbour was meant, when one is called nearly as a path that is not there."""
    missing = path
    while not missing.parent.is_dir():
        if missing.parent == missing:
            return None
        missing = missing.parent
    try:
        near = closest(missing.name, os.listdir(missing.parent))
    except OSError:
        return None
    return f"did you mean `{near}` in {missing.parent}?" if near else None


def _fault(
    config: PipelineConfig, path: KeyPath, text: str
) -> tuple[str, str | None, str | None] | None:
    """Say what is wrong, what is allowed, and what to do."""
    if not text.strip():
        return "an empty path", "a file or a folder; `.` is the project's own", None
    if not text.isprintable():
        return "a line break, or another character that no name has", None, "write it on one line"
    if text.lower().startswith("file://"):
        return "a URI of a file", "a path", f"write {text[len('file://') :]}"
    if is_uri(text):
        return _URI
    if "\\" in text or _DRIVE.match(text):
        return _windows(config, text)
    if unfilled := _unfilled(config, text):
        return unfilled
    if glob.has_magic(text) and path not in _OUTPUTS:
        return _pattern(config.path(text))
    if text != text.strip() and config.path(text.strip()).exists():
        return "a blank before or after the path", None, f"write {text.strip()}"
    return None


def _unfilled(config: PipelineConfig, text: str) -> tuple[str, str | None, str | None] | None:
    """Find what a shell or another tool would fill in."""
    if variable := _VARIABLE.search(text):
        home = "; for the home folder, `~`" if "HOME" in variable[0] else ""
        what = f"`{variable[0]}` is not filled in here"
        return what, None, f"write the path out{home}; a shell fills it in for --set"
    if braces := _PLACEHOLDER.search(text.replace("{pipeline}", "")):
        what = f"`{braces[0]}` is not filled in here"
        return what, _PLACEHOLDERS, "write the path out"
    if text.startswith("~") and not text.startswith("~/") and text != "~":
        user = text[1:].partition("/")[0]
        if not Path(config.path(text)).is_relative_to(config.root / f"~{user}"):
            return None
        return f"there is no user `{user}` here", "`~/…` for your own home folder", None
    return None


def _windows(config: PipelineConfig, text: str) -> tuple[str, str, str]:
    plain = re.sub(r"[/\\]+", "/", text)
    drive = _DRIVE.match(text)
    if drive:
        plain = f"/mnt/{text[0].lower()}/{plain[3:]}"
        next_step = f"in WSL that is {plain}"
    else:
        there = config.path(plain).exists()
        next_step = f"did you mean {plain}?" if there else f"write {plain}"
    return "a path as Windows writes it", "`/` between folders", next_step


def _pattern(pattern: Path) -> tuple[str, str, str]:
    found = matching_files(pattern)
    names = listed([each.name for each in found])
    matches = f"it matches {names}" if found else "it matches nothing"
    allowed = "one file, or a folder whose tables are all read"
    folder = found[0].parent if found else pattern.parent
    return f"a pattern; {matches}", allowed, f"name the folder, e.g. {folder}, or a file"
