"""Write `deploy/kubeflow/TARGETS.md`: what each target can do, as the conformance rules have it."""

from __future__ import annotations

from pathlib import Path

from tfx_pipeline.targets.conformance import RULES
from tfx_pipeline.targets.rules import TARGETS, Level, Rule

_FILE = Path(__file__).resolve().parents[2] / "deploy" / "kubeflow" / "TARGETS.md"
_HEAD = """\
<!-- Written by `python -m tfx_pipeline.targets.page` from tfx_pipeline/targets/*_rules.py. -->
# What each target can do

`tfx-pipeline compile` and `submit` apply these rules to a configuration before anything else:
**no** is an error, which stops (exit status 2); *with care* and *ignored* are warnings. Each names
the field and its line. A dash: there is no such thing, or another row speaks of it. What no row
speaks of works everywhere.

| target | is | chosen by |
|---|---|---|
| local | `python run_local.py`, in one process on this machine | `environment.runner: local` |
| ir | a file for `tfx-pipeline node`, run by whom you like | `compile --target ir` |
| kfp | Kubeflow Pipelines: a container a step, or a group | `environment.runner: kfp` |
| vertex-native | Vertex AI, by TFX's own compiler | `environment.runner: vertex` |
| vertex-generic | Vertex AI, with the rendering of `kfp` | `vertex.rendering: generic` as well |

"""
_SOURCES = """
## Who says so

What Vertex AI takes is read from the types of `google-cloud-aiplatform` and from Beam's options;
`tests/targets/test_vertex_sources.py` compares the rules with the installed versions.

| rule | type and field |
|---|---|
"""
_MARKS = {
    None: "yes",
    Level.ERROR: "**no**",
    Level.WARNING: "*with care*",
    Level.IGNORED: "*ignored*",
}


def render() -> str:
    """Give the page as text."""
    head = f"| | {' | '.join(TARGETS)} | instead |"
    rule = f"|---|{'---|' * len(TARGETS)}---|"
    table = "\n".join([head, rule, *map(_row, RULES)])
    return f"{_HEAD}{table}\n{_SOURCES}{''.join(map(_source, RULES))}"


def _row(rule: Rule) -> str:
    cells = ["–" if x in rule.absent else _MARKS[rule.levels.get(x)] for x in TARGETS]
    return f"| {rule.feature} | {' | '.join(cells)} | {rule.note} |"


def _source(rule: Rule) -> str:
    return f"| {rule.feature} | {rule.source} |\n" if rule.source else ""


if __name__ == "__main__":
    _FILE.write_text(render(), encoding="utf-8")
