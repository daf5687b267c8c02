"""The end of a local run: what the smoke query withdraws is no baseline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import PipelineError, Problem

pytestmark = pytest.mark.slow


class Marks:
    """What the session notes of models."""

    def __init__(self) -> None:
        self.withdrawn: dict[int, bool] = {}

    def mark_withdrawn(self, model_id: int, *, withdrawn: bool) -> None:
        self.withdrawn[model_id] = withdrawn


@pytest.fixture
def session(config: PipelineConfig) -> Any:
    from tfx_pipeline.runners.local.run_record import Outcome
    from tfx_pipeline.runners.local.tfx_session import TfxSession
    from tfx_pipeline.runners.steps.console import RunConsole

    session = TfxSession.__new__(TfxSession)
    session._record = SimpleNamespace(outcome=Outcome(), steps=[], config=config)
    session._console, session._step_records, session._smoke = RunConsole(), Marks(), None
    return session


def test_smoke_query_that_fails_withdraws_the_version_and_notes_it(
    session: Any, add_version: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfx_pipeline.runners.local import tfx_session
    from tfx_pipeline.runners.local.smoke_query import ModelRefusedError

    def refuse(*_: Any) -> None:
        raise ModelRefusedError([Problem("it answers otherwise")])

    monkeypatch.setattr(tfx_session, "smoke_query", refuse)
    version = add_version("1")
    with pytest.raises(PipelineError, match="1 problem"):
        session._smoke_query(version, 7)
    assert session._step_records.withdrawn == {7: True}
    assert session._record.outcome.status == "refused"
    assert not version.exists()


def test_smoke_query_that_succeeds_takes_an_earlier_note_back(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfx_pipeline.modules.smoke_rows import Comparison
    from tfx_pipeline.runners.local import tfx_session

    monkeypatch.setattr(tfx_session, "smoke_query", lambda *_: Comparison(3, 0.0, None))
    session._smoke_query(tmp_path, 7)
    assert session._step_records.withdrawn == {7: False}
    assert session._record.outcome.smoke_rows == 3
