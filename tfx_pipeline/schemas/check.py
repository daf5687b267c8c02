"""Judge a table by a schema, without a pipeline: which rules it breaks, and where.

The verdicts are those of TFDV's `validate_statistics` over the examples that the pipeline would
make of the table. The differences, on purpose: TFDV compares only the 1,000 most frequent values
with a domain; a cell that a column's type cannot hold is found here, and stops a pipeline before
TFDV sees it; rows without a label count here, and become no example there; comparators (skew,
drift) compare two tables, so that one says nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.schemas.column_rules import ColumnRules
from tfx_pipeline.schemas.conversions import NotPlainError
from tfx_pipeline.schemas.environments import is_in_environment, is_passed_over, is_required
from tfx_pipeline.schemas.evidence import Evidence
from tfx_pipeline.schemas.rules import ALL, Finding
from tfx_pipeline.schemas.typed_columns import TypedTable


@dataclass(frozen=True)
class CheckResult:
    """What came of a check.

    Attributes:
        rows: of the table.
        findings: the rules that it breaks, in the order of the schema, then of the table.
        tolerated: what is outside of a domain, and so little that the schema lets it pass.
        spare: what the schema allows, and no row has.
        unchecked: rules of the schema that a single table cannot break.
    """

    rows: int
    findings: list[Finding]
    tolerated: list[Finding]
    spare: list[Finding]
    unchecked: list[str]


def check_table(
    table: TypedTable, schema: schema_pb2.Schema, environment: str | None = None
) -> CheckResult:
    """Judge a table by the rules for an environment; none: by those for all.

    Raises:
        DataError: the table cannot be read.
    """
    try:
        return _check(table, schema, environment)
    except NotPlainError:
        return _check(table.careful(), schema, environment)


def _check(table: TypedTable, schema: schema_pb2.Schema, environment: str | None) -> CheckResult:
    domains = {domain.name: domain for domain in schema.string_domain}
    asked = [feature for feature in schema.feature if not is_passed_over(feature)]
    rules = {x.name: ColumnRules(x, domains) for x in asked if x.name in table.header}
    known = {feature.name for feature in schema.feature}
    new = {name: Evidence() for name in table.header if name not in known}
    rows = 0
    for block in table.blocks():
        rows += block.rows
        for name, each in rules.items():
            each.see(block, block.columns[name])
        for name, evidence in new.items():
            column = block.columns[name]
            evidence.see(block, column, column.values.is_valid())
    findings: list[Finding] = []
    for feature in asked:
        of_column = rules.get(feature.name)
        if of_column is None or not of_column.present:
            if is_required(feature, schema, environment):
                findings.append(_missing(feature.name, is_there=of_column is not None))
            continue
        if not is_in_environment(feature, schema, environment):
            text = f"rows for {environment} do not have this column"
            findings.append(Finding(feature.name, "environment", text, limit=environment))
        findings += of_column.findings()
    findings += [
        Finding(name, "column", "the schema does not know this column", evidence)
        for name, evidence in new.items()
        if evidence.rows
    ]
    findings += _of_all(schema, rows)
    tolerated = [found for each in rules.values() for found in each.tolerated()]
    spare = [found for each in rules.values() for found in each.spare()]
    return CheckResult(rows, findings, tolerated, spare, _unchecked(asked))


def _missing(name: str, *, is_there: bool) -> Finding:
    what = "the column has no value in any row" if is_there else "the column is missing"
    return Finding(name, "column", what, limit="optional")


def _of_all(schema: schema_pb2.Schema, rows: int) -> Iterator[Finding]:
    wanted = schema.dataset_constraints
    if wanted.HasField("min_examples_count") and rows < wanted.min_examples_count:
        text = f"{rows:,} rows, and at least {wanted.min_examples_count:,} are asked for"
        yield Finding(ALL, "rows", text, limit=rows)
    if wanted.HasField("max_examples_count") and rows > wanted.max_examples_count:
        text = f"{rows:,} rows, and at most {wanted.max_examples_count:,} are allowed"
        yield Finding(ALL, "rows", text, limit=rows)


def _unchecked(features: list[schema_pb2.Feature]) -> list[str]:
    """Name the rules that compare two tables, or look into texts and images."""
    found = []
    for feature in features:
        fields = [x for x in ("skew_comparator", "drift_comparator") if feature.HasField(x)]
        kind = feature.WhichOneof("domain_info") or ""
        if kind.removesuffix("_domain") in ("natural_language", "image", "url", "mid", "time"):
            fields.append(kind)
        found += [f"{field} of `{feature.name}`" for field in fields]
    return found
