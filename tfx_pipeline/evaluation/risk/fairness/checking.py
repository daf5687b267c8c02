"""Find gaps between groups that cannot be chance, and features that stand in for the groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.risk.fairness.comparison import Comparison, compare, strongest_gaps
from tfx_pipeline.evaluation.risk.fairness.gaps import Gap, ratio_intervals
from tfx_pipeline.evaluation.risk.fairness.proxies import Proxy, proxies_of
from tfx_pipeline.evaluation.risk.fairness.tables import gap_rows, group_rows, proxy_rows
from tfx_pipeline.evaluation.risk.findings import CheckResult, Finding, answer_of
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.wording import counted, listed, nearest

_SOURCE = (
    "Fairlearn's MetricFrame; M. Hardt et al., Equality of Opportunity in Supervised Learning,"
    " NeurIPS 2016; simultaneous intervals by the largest of all resampled gaps"
)
_ASSUMPTION = (
    "the labels themselves are fair, and the rows of each group are drawn like those that come"
)
_LIMIT = (
    "it knows the groups that are named, and of these the large ones; several measures cannot all"
    " be equal where the groups' labels differ (Chouldechova 2017)"
)
_result = partial(CheckResult, "fairness", source=_SOURCE, assumption=_ASSUMPTION, limit=_LIMIT)
_MOST_FINDINGS = 10


def check(subject: Subject, settings: Mapping[str, Any]) -> CheckResult:
    """Compare the groups of `settings["columns"]`, see `config.sections.risk.fairness`."""
    named = tuple(settings["columns"])
    if not named:
        return _result(
            "not applicable",
            "no columns are named whose groups could be compared: name them, such as"
            " risk.fairness.columns: [sex, age_band]; they need not be features",
        )
    present = [name for name in named if name in subject.eval.columns]
    unknown = [*_unknown(named, subject)]
    comparison = compare(subject, present, settings)
    if not comparison.partitions and not unknown:
        return _result("not applicable", _why_nothing(comparison, settings))
    strongest = strongest_gaps(comparison)
    single = [each for each in comparison.partitions if len(each.columns) == 1]
    proxies = proxies_of(subject, single, comparison.rows)
    findings = (
        *unknown,
        *_gap_findings(comparison, strongest, settings),
        *_ratio_findings(comparison, settings),
        *_proxy_findings(proxies, settings),
    )[:_MOST_FINDINGS]
    return _result(
        answer_of(settings["severity"], findings),
        _summary(comparison, strongest, proxies),
        findings=findings,
        figures={
            "groups": group_rows(comparison),
            "gaps": gap_rows(comparison, strongest),
            "proxies": proxy_rows(proxies),
        },
    )


def _unknown(named: Sequence[str], subject: Subject) -> Iterator[Finding]:
    """Say which columns cannot be compared, since they are not there."""
    for name in named:
        if name not in subject.eval.columns:
            near = nearest(name, subject.eval.columns)
            problem = Problem(
                f"the table has no column `{name}`, so its groups were not compared",
                "risk.fairness.columns",
                next_step=near or f"there are {listed([*subject.eval.columns], 8)}",
            )
            yield Finding(0.0, 1.0, problem, name)


def _why_nothing(comparison: Comparison, settings: Mapping[str, Any]) -> str:
    if not len(comparison.rows):
        return "no row has both a label and an answer that is one"
    columns = listed([each[0] for each in comparison.undivided if len(each) == 1])
    return (
        f"no two groups of {columns} have {settings['min_group_rows']} of the"
        f" {len(comparison.rows):,} rows (risk.fairness.min_group_rows)"
    )


def _gap_findings(
    comparison: Comparison, gaps: Sequence[Gap], settings: Mapping[str, Any]
) -> Iterator[Finding]:
    """Give the gaps beyond the largest allowed one; of two columns, where neither has it."""
    most = float(settings["max_gap"])
    seen: set[tuple[Any, ...]] = set()
    beyond = [gap for gap in gaps if comparison.is_beyond(gap) > most]
    for gap in sorted(beyond, key=lambda each: len(comparison.columns(each.high))):
        measure, columns = comparison.measure(gap.high), comparison.columns(gap.high)
        if settings["measures"] and measure.name not in settings["measures"]:
            continue
        keys = {(column, measure.name, measure.of_class) for column in columns}
        if keys & seen:
            continue
        seen |= keys if len(columns) == 1 else set()
        yield _gap_finding(comparison, gap, most)


def _gap_finding(comparison: Comparison, gap: Gap, most: float) -> Finding:
    measure = comparison.measure(gap.high)
    low, high = comparison.cells.figures[gap.low], comparison.cells.figures[gap.high]
    columns = comparison.columns(gap.high)
    deviations = f" standard deviations of the label ({measure.unit:.4g})"
    in_units = "" if measure.unit == 1 else deviations
    problem = Problem(
        f"{comparison.measure_text(measure)} is {high:.3g} of `{comparison.group(gap.high)}` and"
        f" {low:.3g} of `{comparison.group(gap.low)}`",
        " × ".join(columns),
        f"a gap of {gap.interval.value:.3g}, at least {gap.interval.low:.3g} (all"
        f" {gap.interval.simultaneous:,} gaps at once, 95 % sure)",
        f"at most {most:g}{in_units}",
        "look at labels, features and number of these rows; if the gap is right:"
        " risk.fairness.max_gap, or risk.fairness.measures without it",
    )
    return Finding(comparison.is_beyond(gap), most, problem, " × ".join(columns))


def _ratio_findings(comparison: Comparison, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Give the lowest ratio of selection rates of each partition, if it is surely too low."""
    least = settings["min_ratio"]
    if least is None:
        return
    gaps = [
        gap
        for gap in comparison.gaps
        if gap.ratio is not None and comparison.measure(gap.high).name == "selection_rate"
    ]
    intervals = ratio_intervals(
        gaps, comparison.cells, comparison.partitions, comparison.measures, comparison.resampling
    )
    seen: set[str] = set()
    lowest = sorted(
        zip(gaps, intervals, strict=True),
        key=lambda each: (len(comparison.columns(each[0].high)), each[1].high),
    )
    for gap, ratio in lowest:
        of = comparison.columns(gap.high)
        columns = " × ".join(of)
        if not ratio.high < least or seen & {*of, columns}:
            continue
        seen.add(columns)
        problem = Problem(
            f"{comparison.measure_text(comparison.measure(gap.high))} of"
            f" `{comparison.group(gap.low)}` is {ratio.value:.3g} times that of"
            f" `{comparison.group(gap.high)}`",
            columns,
            f"a ratio of {ratio.value:.3g}, at most {ratio.high:.3g} (all"
            f" {ratio.simultaneous:,} ratios at once, 95 % sure)",
            f"at least {least:g}",
            "look at labels and features of these rows; if it is right: risk.fairness.min_ratio",
        )
        yield Finding(ratio.high, float(least), problem, columns)


def _proxy_findings(proxies: Sequence[Proxy], settings: Mapping[str, Any]) -> Iterator[Finding]:
    most = float(settings["max_proxy_auc"])
    for proxy in proxies:
        if not proxy.is_used or proxy.low <= most:
            continue
        problem = Problem(
            f"feature `{proxy.feature}` tells who is of `{proxy.group}`, and the answers depend on"
            " it",
            proxy.column,
            f"an area under the ROC curve of {proxy.auc:.3g}, at least {proxy.low:.3g}",
            f"at most {most:g}",
            "leave the feature out, or show that it is needed; if it is:"
            " risk.fairness.max_proxy_auc",
        )
        yield Finding(proxy.auc, most, problem, proxy.feature)


def _summary(comparison: Comparison, strongest: Sequence[Gap], proxies: Sequence[Proxy]) -> str:
    parts = []
    if strongest:
        gap = strongest[0]
        parts.append(
            f"{comparison.measure_text(comparison.measure(gap.high))} of"
            f" `{comparison.group(gap.low)}` and `{comparison.group(gap.high)}`"
            f" ({' × '.join(comparison.columns(gap.high))}) differs by {gap.interval.value:.3g}"
            f" ({gap.interval.low:.3g} to {gap.interval.high:.3g}), the surest of"
            f" {counted(len(comparison.gaps), 'gap')}"
        )
    if proxies:
        best = max(proxies, key=lambda each: each.auc)
        parts.append(f"`{best.feature}` tells `{best.column}` best: AUC {best.auc:.3g}")
    left_out = sum(each.left_out for each in comparison.partitions)
    if left_out:
        parts.append(f"{counted(left_out, 'group')} too small, or too many, to be compared")
    if comparison.late:
        names = [" × ".join(each) for each in comparison.late]
        parts.append(f"no time for {listed(names)} (risk.fairness.budget_s)")
    if comparison.undivided:
        names = [" × ".join(each) for each in comparison.undivided]
        parts.append(f"no two groups of {listed(names)} are large enough")
    return "; ".join(parts) or "nothing could be compared"
