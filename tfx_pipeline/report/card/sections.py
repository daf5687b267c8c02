"""The sections of a model card, made of the facts of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts, SliceFigures
from tfx_pipeline.evaluation.metric_names import BETTER, MAIN_METRIC
from tfx_pipeline.report.card.model_card import CardSection, CardTable, Entry
from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.page.wording import ends, name_of, number, size, value_text
from tfx_pipeline.wording import listed, percent

_MOST_SLICES, _MOST_NOTES = 40, 20
_BETTER = {"higher": "more is better", "lower": "less is better", "near": "best near its ideal"}
_SAID = "report.card"


def card_sections(facts: RunFacts) -> tuple[CardSection, ...]:
    """Make all sections, in Mitchell's order."""
    said = (facts.config.get("report") or {}).get("card") or {}
    return (
        _details(facts, said),
        _use(facts, said),
        _factors(facts),
        _metrics(facts),
        _eval_data(facts),
        _train_data(facts),
        _analyses(facts),
        _ethics(facts, said),
        _caveats(facts, said),
    )


def _person(said: Mapping[str, Any], name: str, key: str) -> Entry:
    """Quote what a person said in the configuration."""
    return Entry(name, str(said.get(key) or ""), f"{_SAID}.{key}")


def _known(*entries: tuple[str, str]) -> tuple[Entry, ...]:
    return tuple(Entry(name, text) for name, text in entries if text)


def _details(facts: RunFacts, said: Mapping[str, Any]) -> CardSection:
    run, training, environment = facts.run, facts.training, facts.environment
    libraries = environment.libraries
    used = [f"{x} {libraries[x]}" for x in ("tensorflow", "tfx", "lightgbm") if x in libraries]
    python = f"Python {environment.python}" if environment.python else ""
    learned = value_text(
        {k: v for k, v in training.learned.items() if isinstance(v, (int, float, str))}
    )
    return CardSection(
        "Model details",
        (
            _person(said, "developed by", "owner"),
            _person(said, "contact", "contact"),
            _person(said, "license", "license"),
            *_known(
                ("version", run.version),
                ("date", run.began),
                ("type", training.family),
                ("learned", learned),
                ("other formats", _formats(facts)),
                ("size", size(facts.serving.model_bytes) if facts.serving.model_bytes else ""),
                ("made with", ", ".join(filter(None, [python, *used]))),
                ("code", environment.code),
            ),
        ),
    )


def _formats(facts: RunFacts) -> str:
    """Name the other formats, with what each weighs and how near it is to the model."""
    return "; ".join(
        f"{each.name} ({size(each.bytes)}, largest difference {each.largest_difference:.1g} on"
        f" {each.compared_rows:,} rows)"
        for each in (facts.export.formats if facts.export else ())
        if each.file
    )


def _use(facts: RunFacts, said: Mapping[str, Any]) -> CardSection:
    label = facts.config.get("label") or {}
    predicted = f"{label.get('column', '')}, {label.get('task', '')}"
    features = list(facts.config.get("features") or {})
    return CardSection(
        "Intended use",
        (
            _person(said, "intended use", "intended_use"),
            _person(said, "out of scope", "out_of_scope"),
            *_known(
                ("predicts", predicted.strip(", ")),
                ("by the rule", str(label.get("rule") or "")),
                ("classes", ", ".join(map(str, label.get("classes") or ()))),
                ("from", listed(features, 30) if features else ""),
            ),
        ),
    )


def _factors(facts: RunFacts) -> CardSection:
    config, evaluation = facts.config, facts.evaluation
    slices = (config.get("evaluation") or {}).get("slices") or ()
    groups = ((config.get("risk") or {}).get("fairness") or {}).get("columns") or ()
    named = [" × ".join(group) for group in slices]
    left = f"{evaluation.slices_left_out:,}" if evaluation and evaluation.slices_left_out else ""
    entries = _known(
        ("measured by", ", ".join(named)),
        ("compared for fairness", ", ".join(map(str, groups))),
        ("slices that are not shown", left),
    )
    nothing = Entry("measured by", "nothing but all rows together: evaluation.slices is empty")
    return CardSection("Factors", entries or (nothing,))


def _metrics(facts: RunFacts) -> CardSection:
    evaluation = facts.evaluation
    entries = [("asked for", facts.gate.gate), ("verdict", facts.decision.sentence)]
    if evaluation:
        entries.append(("intervals", f"{percent(evaluation.confidence)} confidence"))
        if evaluation.task == "binary":
            entries.append(
                ("a class is answered from a probability of", f"{evaluation.threshold:.4g}")
            )
        names = [name for name in evaluation.metrics if name in BETTER]
        rows = tuple((name, _BETTER[BETTER[name].direction]) for name in names)
        return CardSection(
            "Metrics", _known(*entries), (CardTable("", ("metric", "better"), rows),)
        )
    return CardSection("Metrics", _known(*entries))


def _eval_data(facts: RunFacts) -> CardSection:
    split = (facts.config.get("data") or {}).get("split") or {}
    rows = facts.data.rows.get("eval")
    by = f"by {split.get('by', 'row')} {', '.join(split.get('columns') or ())}".strip()
    return CardSection(
        "Evaluation data",
        _known(
            ("split", "eval: no row of it was fitted to, stopped by or chosen by"),
            ("rows", f"{rows:,}" if rows is not None else ""),
            ("divided", by),
            ("digest", facts.evaluation.eval_rows if facts.evaluation else ""),
        ),
    )


def _train_data(facts: RunFacts) -> CardSection:
    data = facts.data
    counts = ", ".join(f"{name_of(name)} {count:,}" for name, count in data.rows.items())
    found = [each.problem.what for each in data.findings] + [
        f"{each.column}: {each.what}" for each in data.anomalies
    ]
    columns = tuple(
        (
            x.name,
            x.kind,
            percent(x.missing) if x.missing else "0 %",
            number(x.mean),
            number(x.median),
        )
        for x in data.columns
    )
    table = CardTable(
        "Columns of the split train", ("column", "kind", "missing", "mean", "median"), columns
    )
    return CardSection(
        "Training data",
        _known(
            ("table", data.place),
            ("version", data.digest),
            ("rows", counts),
            ("found by the data gate", listed(found, _MOST_NOTES) if found else "nothing"),
        ),
        (table,) if columns else (),
    )


def _analyses(facts: RunFacts) -> CardSection:
    evaluation = facts.evaluation
    if evaluation is None:
        return CardSection("Quantitative analyses", _known(("none", "there is no evaluation")))
    rows = tuple(
        (
            name,
            number(each.value),
            ends(each),
            _value(evaluation.linear, name),
            _trivial(evaluation, name),
        )
        for name, each in evaluation.metrics.items()
    )
    columns = ("metric", "this model", "interval", "linear model", "trivial answer")
    tables = [CardTable("All eval rows", columns, rows)]
    main = MAIN_METRIC[evaluation.task]
    sliced = [each for each in evaluation.slices[:_MOST_SLICES] if main in each.metrics]
    if sliced:
        title = "By slice; intervals hold for all at once"
        cells = tuple(_slice_row(each, main) for each in sliced)
        tables.append(CardTable(title, ("slice", "rows", main, "interval"), cells))
    return CardSection("Quantitative analyses", (), tuple(tables))


def _slice_row(each: SliceFigures, name: str) -> tuple[str, ...]:
    pairs = zip(each.columns, each.values, strict=True)
    where = ", ".join(f"{column} = {value}" for column, value in pairs)
    figure = each.metrics[name]
    return where, f"{each.rows:,}", number(figure.value), ends(figure)


def _value(figures: Mapping[str, Any], name: str) -> str:
    return number(figures[name].value) if name in figures else number(None)


def _trivial(evaluation: EvaluationFacts, name: str) -> str:
    return number(evaluation.trivial.get(name))


def _ethics(facts: RunFacts, said: Mapping[str, Any]) -> CardSection:
    person = _person(said, "considerations", "ethical_considerations")
    if facts.risk is None:
        nothing = Entry("risk checks", "none were made")
        return CardSection("Ethical considerations", (person, nothing))
    rows = tuple(
        (name_of(each.check), each.answer, each.summary, each.limit) for each in facts.risk.checks
    )
    accepted = [
        Entry(f"accepted: {name_of(x.check)}", f"{x.reason} ({x.by}, {x.on})")
        for x in (each.accepted for each in facts.risk.checks)
        if x is not None
    ]
    table = CardTable("Risk checks", ("check", "answer", "found", "cannot see"), rows)
    return CardSection("Ethical considerations", (person, *accepted), (table,))


def _caveats(facts: RunFacts, said: Mapping[str, Any]) -> CardSection:
    return CardSection(
        "Caveats and recommendations",
        (
            _person(said, "caveats", "caveats"),
            *(Entry("noted", note) for note in _notes(facts)),
        ),
    )


def _notes(facts: RunFacts) -> Iterator[str]:
    told = [*facts.gate.notes, *facts.training.notes, *facts.data.notes, *facts.run.notes]
    yield from list(dict.fromkeys(told))[:_MOST_NOTES]
