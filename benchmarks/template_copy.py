"""A runnable copy of TFX's own taxi template, with every component of it enabled.

The template ships inside the `tfx` package as text to be edited by hand: its components are
commented out, and it imports its own modules by their place in TFX. The edits below are those that
its tutorial asks for. Each one counts what it finds, so that another template is refused instead of
being benchmarked half enabled.
"""

from __future__ import annotations

import compileall
import importlib.util
import re
import shutil
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

COMPONENTS = (
    "CsvExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "ExampleValidator",
    "Transform",
    "Trainer",
    "latest_blessed_model_resolver",
    "Evaluator",
    "Pusher",
)
PIPELINE = "taxi_template"
ADDED_METRICS = ("AUC", "AUCPrecisionRecall", "BinaryCrossentropy")
EVALUATION = ("model_resolver", "evaluator", "pusher")
"""What the template's code calls its Evaluator, and what is of no use without it."""

_ENABLED_BY_HAND = 9  # commented `components.append(…)`, SchemaGen's twice: inferred or imported
_PACKAGE = "tfx.experimental.templates.taxi."


class TemplateChangedError(Exception):
    """The installed template is not the one that these edits were written for."""


def installed_template() -> Path:
    """Find the template without importing TFX.

    Raises:
        TemplateChangedError: there is no TFX, or no such template in it.
    """
    tfx = importlib.util.find_spec("tfx")
    for folder in (tfx.submodule_search_locations or ()) if tfx else ():
        template = Path(folder) / "experimental/templates/taxi"
        if template.is_dir():
            return template
    raise TemplateChangedError("no tfx/experimental/templates/taxi is installed; `make setup`")


def copy_template(folder: Path, table: Path, left_out: Sequence[str] = ()) -> Path:
    """Copy the template to a new folder, enable it, and give it a table like the taxi data's.

    Of its components those that are `left_out` stay commented out.

    Returns:
        The script that runs it; it expects `folder` as working directory.

    Raises:
        TemplateChangedError: the installed template is not as expected.
    """
    shutil.copytree(
        installed_template(), folder, ignore=shutil.ignore_patterns("__pycache__", "e2e_tests")
    )
    for module in folder.rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        module.write_text(text.replace(_PACKAGE, ""), encoding="utf-8")
    _edit(folder / "pipeline/pipeline.py", lambda text: enable_components(text, left_out))
    _edit(folder / "pipeline/configs.py", lambda text: _once(text, "{{PIPELINE_NAME}}", PIPELINE))
    (folder / "data").mkdir()
    shutil.copyfile(table, folder / "data/data.csv")
    compileall.compile_dir(folder, quiet=1)
    return folder / "local_runner.py"


def enable_components(text: str, left_out: Sequence[str] = ()) -> str:
    """Edit `pipeline.py`: all components, ExampleValidator too, and metrics to compare by.

    Those that are `left_out`, by the names of their variables, stay commented out.

    The template validates only against an imported schema; here it validates against the inferred
    one. Its Evaluator knows accuracy alone, which says little where 23 % of the labels are true.

    Raises:
        TemplateChangedError: the text is not as expected.
    """
    text, enabled = re.subn(r"(?m)^( +)# (components\.append\(\w+\))$", r"\1\2", text)
    if enabled != _ENABLED_BY_HAND:
        raise TemplateChangedError(
            f"pipeline.py has {enabled} commented components, not {_ENABLED_BY_HAND}"
        )
    for name in left_out:
        text = _once(text, f"  components.append({name})\n", "")
    validator = re.search(
        r"(?ms)^    # Performs anomaly detection.*?components\.append\(example_validator\)\n", text
    )
    if not validator:
        raise TemplateChangedError("pipeline.py has no ExampleValidator under `else:`")
    block = textwrap.indent(textwrap.dedent(validator[0]), "  ")
    text = text[: validator.start()] + block + text[validator.end() :]
    first = "tfma.MetricConfig(\n                  class_name='BinaryAccuracy'"
    added = "".join(f"tfma.MetricConfig(class_name='{name}'),\n" for name in ADDED_METRICS)
    return _once(text, first, added + first)


def _edit(file: Path, change: Callable[[str], str]) -> None:
    text = change(file.read_text(encoding="utf-8"))
    compile(text, str(file), "exec")
    file.write_text(text, encoding="utf-8")


def _once(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise TemplateChangedError(f"the template has {text.count(old)} times, not once: {old!r}")
    return text.replace(old, new)
