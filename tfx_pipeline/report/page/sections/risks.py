"""What was examined of the model before anybody may use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.risk.findings import CheckResult
from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.page.blocks import (
    Block,
    Card,
    Folded,
    Mark,
    Pairs,
    Plots,
    Section,
    Text,
)
from tfx_pipeline.report.page.drawn import Drawn
from tfx_pipeline.report.page.sections.absence import absent
from tfx_pipeline.report.page.sections.risk_plots import EXPLAINING, check_plots, figures_tables
from tfx_pipeline.report.page.wording import duration, name_of, sentence

_MOST_FINDINGS = 10
MARKS: dict[str, Mark] = {
    "passed": "good",
    "warned": "warn",
    "accepted": "warn",
    "refused": "bad",
    "not applicable": "plain",
}


def risks(facts: RunFacts, drawn: Drawn) -> Section:
    """Show each check: what came of it, why, and what it cannot see."""
    if facts.risk is None:
        nothing = absent(
            facts, "ModelRiskAssessor", "The examination of risks", "ModelRiskAssessor.risk"
        )
        return Section("risks", "Risks", [nothing])
    blocks: list[Block] = [Text(f"Looked at {facts.risk.rows:,} eval rows.")]
    blocks += [check_card(check, drawn) for check in facts.risk.checks]
    worst = [MARKS["accepted" if x.accepted else x.answer] for x in facts.risk.checks]
    mark: Mark = "bad" if "bad" in worst else "warn" if "warn" in worst else "plain"
    return Section("risks", "Risks", blocks, mark)


def check_card(check: CheckResult, drawn: Drawn) -> Card:
    """Show one check."""
    return Card(
        name_of(check.check).capitalize(),
        MARKS[check.answer],
        check.answer,
        [*_inside(check, drawn)],
    )


def _inside(check: CheckResult, drawn: Drawn) -> Iterator[Block]:
    if not check.findings or check.findings[0].problem.what != check.summary:
        yield Text(sentence(check.summary))
    if check.accepted:
        taken = check.accepted
        words = f"This risk was accepted by {taken.by} on {taken.on}: {taken.reason}"
        yield Text(words, "warn")
    for finding in check.findings[:_MOST_FINDINGS]:
        yield Pairs(problem_pairs(finding.problem))
    if (more := len(check.findings) - _MOST_FINDINGS) > 0:
        yield Text(f"{more:,} more findings are in report.json.", "note")
    # Those of what explains the answers stand in a section of their own.
    if check.check != EXPLAINING and (plots := [*check_plots(check, drawn)]):
        yield Plots(plots)
    if check.answer == "not applicable":
        return
    told = {"source": check.source, "assumption": check.assumption, "limit": check.limit}
    told = {name: text for name, text in told.items() if text}
    folded: list[Block] = [Pairs({**told, "took": duration(check.seconds)})]
    if check.check == EXPLAINING:
        folded.append(Text("What it measured stands under Explanations."))
    else:
        folded += figures_tables(check)
    yield Folded("Figures, source, assumption, limit", folded)


def problem_pairs(problem: Problem) -> Mapping[str, str]:
    """Show a problem as names and values; its place unless what is wrong names it."""
    names_more = bool(problem.place) and f"`{problem.place}`" not in problem.what
    told = {
        "what": f"{problem.place}: {problem.what}" if names_more else problem.what,
        "measured": problem.received,
        "allowed": problem.allowed,
        "next step": problem.next_step,
    }
    return {name: text for name, text in told.items() if text}
