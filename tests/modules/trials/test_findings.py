from __future__ import annotations

import json

from tfx_pipeline.modules.trials.findings import FamilyFindings, in_words, read_findings
from tfx_pipeline.modules.trials.space import FAMILY


def findings(folder, *trials):
    (folder / "tuner_results.json").write_text(json.dumps(trials), encoding="utf-8")
    return read_findings(folder)


DEFAULT = {"trial_id": "0", "score": 0.5, FAMILY: "dnn as configured"}


def test_read_findings_tells_the_best_from_the_default(tmp_path) -> None:
    better = {"trial_id": "1", "score": 0.25, FAMILY: "dnn", "dnn/dropout": 0.125}
    worse = {"trial_id": "2", "score": 0.75, FAMILY: "dnn", "dnn/dropout": 0.375}
    (found,) = findings(tmp_path, worse, better, DEFAULT)
    assert found == FamilyFindings("dnn", 3, 0.5, 0.25, {"dropout": 0.125})
    assert in_words(found) == "dnn: 3 trials, held-out loss 0.25 (0.5 as configured)"


def test_read_findings_of_a_tie_keeps_what_is_configured(tmp_path) -> None:
    equal = {"trial_id": "1", "score": 0.5, FAMILY: "dnn", "dnn/dropout": 0.125}
    (found,) = findings(tmp_path, equal, DEFAULT)
    assert found.setting == {}
    assert in_words(found) == "dnn: 2 trials, none better than as configured (0.5)"


def test_read_findings_keeps_families_apart(tmp_path) -> None:
    other = {"trial_id": "1", "score": 0.1, FAMILY: "wide_deep as configured"}
    found = findings(tmp_path, DEFAULT, other)
    assert [(x.family, x.trials, x.best_loss) for x in found] == [
        ("dnn", 1, 0.5),
        ("wide_deep", 1, 0.1),
    ]
