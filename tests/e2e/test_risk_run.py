"""A model that breaks a rule: refused, then taken with a reason, which is shown ever after."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.forked import forked

pytestmark = pytest.mark.e2e

CHEAP = [
    f"--set=risk.{name}=off"
    for name in ("robustness", "attack", "membership", "extraction", "importance")
]
RULE = "--set=risk.rules.rules=[{features: flipper_length_mm, effect: never_matters}]"
TAKEN = ["--accept-risk", "rules", "--reason", "a 'pilot' 🐧", "--by", "J. Doe"]


@pytest.fixture(scope="module")
def tfx_pipeline(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Run a command on the penguins in a folder of their own."""
    folder = tmp_path_factory.mktemp("risk")
    places = (
        f"environment.pipeline_root={folder}/root",
        f"environment.metadata.path={folder}/metadata.db",
        f"push.base_directory={folder}/serving",
    )
    sets = [f"--set={place}" for place in places]

    def run(command: str, *words: str) -> Any:
        fixed = ["--config=configs/penguins.yaml", *sets]
        done = forked().run([command, *fixed, *words], cwd=repository)
        summaries = sorted(folder.glob("root/runs/*/summary.json"))
        summary = json.loads(summaries[-1].read_text(encoding="utf-8")) if summaries else {}
        return done, summary

    return run


def test_runs_of_a_model_that_breaks_a_rule_end_as_they_must(
    tfx_pipeline: Callable[..., Any],
) -> None:
    done, summary = tfx_pipeline("run", *CHEAP, RULE)
    assert done.status == 3, done.out + done.err
    assert summary["status"] == "refused"
    assert summary["risk"]["rules"] == "refused"
    assert summary["model"] is None
    assert "a rule is broken: `flipper_length_mm` never matters" in done.out
    assert "1 refused" in done.out

    done, summary = tfx_pipeline("run", *CHEAP, RULE, *TAKEN)
    assert done.status == 0, done.out + done.err
    assert "rules accepted by J. Doe on 2" in done.out
    (taken,) = summary["risks_accepted"]
    assert (taken["check"], taken["reason"], taken["by"]) == ("rules", "a 'pilot' 🐧", "J. Doe")
    assert summary["model"]
    assert "--accept-risk" not in done.out.partition("serve it, and ask it")[2]

    done, _ = tfx_pipeline("run", *CHEAP, RULE, *TAKEN)
    assert "nothing to do" in done.out
    assert "rules accepted by J. Doe on 2" in done.out

    done, _ = tfx_pipeline("models")
    assert "rules accepted by J. Doe on 2" in done.out

    # Not taken any more: the same model is refused again.
    done, summary = tfx_pipeline("run", *CHEAP, RULE)
    assert (done.status, summary["status"]) == (3, "refused")

    done, summary = tfx_pipeline("run", "--env", "quick")
    assert done.status == 0, done.out + done.err
    assert "ModelRiskAssessor" not in done.out
    assert summary["risk"] == {}
