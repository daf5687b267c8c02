"""Why a section has nothing to show."""

from __future__ import annotations

from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.page.blocks import Text


def absent(facts: RunFacts, step: str, what: str, artifact: str = "") -> Text:
    """Say why something that a step makes is not here.

    Args:
        facts: of the run.
        step: that makes it.
        what: it is, as the subject of the sentence.
        artifact: that it would be read from, `step.output`.
    """
    gone = next((each for each in facts.missing if each.what == artifact), None)
    if gone is not None:
        return Text(f"{what} cannot be shown: {gone.why} ({gone.place}).", "note")
    states = {each.id: each.state for each in facts.steps}
    if states.get(step) == "failed":
        return Text(f"{what} is not there: {step} failed.", "note")
    if step not in states:
        last = facts.steps[-1].id if facts.steps else ""
        why = f"the run ended with {last}" if last else "no step ended"
        return Text(f"{what} is not there: {step} did not run ({why}).", "note")
    return Text(f"{what} is not there: {step} left none.", "note")
