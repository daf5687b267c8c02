"""What breaks the rules of a schema in one column: TFDV's anomalies, rule by rule.

Terms:
    value: of a column in a row; each row of a table has one or none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.ingestion.reading.arrow_arrays import booleans, codes_of
from tfx_pipeline.schemas.conversions import Column, TypedBlock
from tfx_pipeline.schemas.evidence import Evidence
from tfx_pipeline.schemas.rules import (
    Finding,
    domain_kind,
    range_of,
    schema_faults,
    string_domain_of,
)
from tfx_pipeline.wording import counted, listed

_SPARE_FRACTION = 0.01
"""Of rows; a rule on presence that is nearer than this to what the data has is not narrowed."""
_WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*", re.ASCII)
_NUMBER = re.compile(
    r"\s*[+-]?(?:[0-9]+\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan)\s*",
    re.ASCII | re.IGNORECASE,
)


class ColumnRules:
    """The rules for one column, asked of it block by block.

    Attributes:
        rows: seen so far.
        present: those with a value; an unfit cell is one.
    """

    def __init__(
        self, feature: schema_pb2.Feature, domains: dict[str, schema_pb2.StringDomain]
    ) -> None:
        self.feature = feature
        self._lacks_domain = bool(feature.domain) and feature.domain not in domains
        self.rows = self.present = 0
        self._missing, self._unfit = Evidence(), Evidence()
        self._outside, self._small, self._big = Evidence(), Evidence(), Evidence()
        self._nan, self._infinite = Evidence(), Evidence()
        self._distinct: set[Any] | None = set() if feature.HasField("unique_constraints") else None
        self._domain = string_domain_of(feature, domains)
        self._used: set[str] = set()
        self._is_text = feature.type == schema_pb2.BYTES
        self._lowest: Any = None
        self._highest: Any = None

    def see(self, block: TypedBlock, column: Column) -> None:
        """Take in the column of a block."""
        import pyarrow as pa
        import pyarrow.compute as pc

        values = column.values
        missing = values.null_count
        self.rows += block.rows
        if column.unfit is not None:
            self._unfit.see(block, column, column.unfit)
            is_missing = pc.and_not(pc.is_null(values), column.unfit)
            missing = pc.sum(is_missing).as_py() or 0
        elif missing:
            is_missing = pc.is_null(values)
        self.present += block.rows - missing
        if missing:
            self._missing.see(block, column, is_missing)
        if self._distinct is not None:
            self._distinct.update(pc.unique(values.drop_null()).to_pylist())
        if pa.types.is_string(values.type):
            self._see_texts(block, column)
        elif missing < block.rows:
            self._see_numbers(block, column)

    def _see_texts(self, block: TypedBlock, column: Column) -> None:
        kind = domain_kind(self.feature)
        if self._domain is None and kind not in ("int_domain", "float_domain", "bool_domain"):
            return
        texts = column.texts
        cells = [cell if cell.strip() else None for cell in texts.dictionary.to_pylist()]
        if self._domain is not None and self._domain - self._used:
            self._used.update(cell for cell in cells if cell is not None)
        outside = [cell is not None and not self._allows(cell, kind) for cell in cells]
        if any(outside):
            is_outside = np.array([*outside, False])  # the last one is for -1
            where = booleans(is_outside[codes_of(texts)])
            self._outside.see(block, column, where)
            self._outside.count(column.values.filter(where))

    def _allows(self, text: str, kind: str | None) -> bool:
        if self._domain is not None:
            return text in self._domain
        if kind == "bool_domain":
            domain = self.feature.bool_domain
            return text in {domain.true_value, domain.false_value} - {""}
        return self._is_number(text, kind == "int_domain")

    def _is_number(self, text: str, whole: bool) -> bool:
        """Tell whether a text is a number that the domain allows, as Abseil reads numbers."""
        if not (_WHOLE if whole else _NUMBER).fullmatch(text):
            return False
        number = int(text) if whole else _as_float32(text)
        if math.isnan(number):
            return not self.feature.float_domain.disallow_nan
        if math.isinf(number) and self.feature.float_domain.disallow_inf:
            return False
        low, high = range_of(self.feature)
        return (low is None or number >= low) and (high is None or number <= high)

    def _see_numbers(self, block: TypedBlock, column: Column) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        values = column.values
        limits = pc.min_max(values).as_py()
        self._lowest = _extreme(min, self._lowest, limits["min"])
        self._highest = _extreme(max, self._highest, limits["max"])
        if domain_kind(self.feature) == "bool_domain":
            allowed = pc.is_in(values, value_set=pa.array([0, 1], values.type))
            where = pc.and_not(pc.is_valid(values), allowed)
            self._outside.see(block, column, where)
            self._outside.count(values.filter(where))
        low, high = range_of(self.feature)
        if low is not None and limits["min"] is not None and limits["min"] < low:
            self._small.see(block, column, pc.less(values, pa.scalar(low, values.type)))
        if high is not None and limits["max"] is not None and limits["max"] > high:
            self._big.see(block, column, pc.greater(values, pa.scalar(high, values.type)))
        domain = self.feature.float_domain
        if pa.types.is_floating(values.type):
            if domain.disallow_nan:
                self._nan.see(block, column, pc.is_nan(values))
            if domain.disallow_inf:
                self._infinite.see(block, column, pc.is_inf(values))

    def findings(self) -> Iterator[Finding]:
        """Say which rules are broken, once all rows have been seen."""
        name, feature = self.feature.name, self.feature
        yield from (Finding(name, "schema", text) for text in schema_faults(feature))
        if self._lacks_domain:
            yield Finding(name, "schema", f"there is no string_domain `{feature.domain}`")
        yield from self._presence()
        if self._unfit.rows:
            wanted = schema_pb2.FeatureType.Name(feature.type)
            yield Finding(name, "type", f"cells that are no {wanted}", self._unfit)
        yield from self._values()

    def _presence(self) -> Iterator[Finding]:
        name, presence = self.feature.name, self.feature.presence
        if self.feature.value_count.min > 1 or (
            self.feature.value_count.HasField("max") and self.feature.value_count.max < 1
        ):
            yield Finding(name, "value_count", "each row of a table has one value or none")
        if self.feature.HasField("shape") and (
            self._missing.rows or any(dim.size != 1 for dim in self.feature.shape.dim)
        ):
            text = "a fixed shape, and not a value in every row"
            yield Finding(name, "shape", text, self._missing)
        if presence.HasField("min_count") and self.present < presence.min_count:
            text = f"{self.present:,} rows have a value, and {presence.min_count:,} must"
            yield Finding(name, "min_count", text, self._missing, self.present)
        fraction = self.present / self.rows if self._missing.rows else 1.0
        if presence.HasField("min_fraction") and fraction < presence.min_fraction:
            text = f"{fraction:.4%} of rows have a value, and {presence.min_fraction:.4%} must"
            yield Finding(name, "min_fraction", text, self._missing, fraction)

    def _values(self) -> Iterator[Finding]:
        name, feature = self.feature.name, self.feature
        outside = self._outside.rows
        if outside and outside / self.present > _most_outside(feature):
            yield _outside_values(name, self._outside)
        if self._small.rows:
            text = f"values below {range_of(feature)[0]:g}"
            yield Finding(name, "min", text, self._small, self._lowest)
        if self._big.rows:
            text = f"values above {range_of(feature)[1]:g}"
            yield Finding(name, "max", text, self._big, self._highest)
        if self._nan.rows:
            yield Finding(name, "nan", "values that are NaN", self._nan)
        if self._infinite.rows:
            yield Finding(name, "inf", "infinite values", self._infinite)
        if self._distinct is not None:
            yield from self._unique(len(self._distinct))

    def tolerated(self) -> Iterator[Finding]:
        """Give values that are none of the domain, and so few that the schema lets them pass."""
        outside = self._outside
        if outside.rows and outside.rows / self.present <= _most_outside(self.feature):
            yield _outside_values(self.feature.name, outside)

    def spare(self) -> Iterator[Finding]:
        """Say what the rules allow, and no row has; `limit` is what a narrower rule would say."""
        name, presence = self.feature.name, self.feature.presence
        if not self.present:
            if presence.min_count or presence.min_fraction:
                return
            yield Finding(name, "column", "no row has a value")
            return
        if unused := sorted((self._domain or frozenset()) - self._used):
            values = listed([repr(value) for value in unused])
            yield Finding(name, "domain", f"no row has {values}", limit=unused)
        low, high = range_of(self.feature)
        if low is not None and self._lowest is not None and self._lowest > low:
            text = f"{low:g} is allowed, and {self._lowest:.9g} is the smallest"
            yield Finding(name, "min", text, limit=self._lowest)
        if high is not None and self._highest is not None and self._highest < high:
            text = f"{high:g} is allowed, and {self._highest:.9g} is the largest"
            yield Finding(name, "max", text, limit=self._highest)
        fraction = self.present / self.rows
        if fraction - presence.min_fraction >= _SPARE_FRACTION:
            text = f"{presence.min_fraction:.2%} of rows must have a value, and {fraction:.2%} do"
            yield Finding(name, "min_fraction", text, limit=fraction)

    def _unique(self, count: int) -> Iterator[Finding]:
        name, wanted = self.feature.name, self.feature.unique_constraints
        if not self._is_text:
            yield Finding(name, "schema", "different values are counted of BYTES alone")
        elif count < wanted.min:
            text = f"{count:,} different values, and at least {wanted.min:,} are asked for"
            yield Finding(name, "unique_min", text, limit=count)
        elif count > wanted.max:
            text = f"{count:,} different values, and at most {wanted.max:,} are allowed"
            yield Finding(name, "unique_max", text, limit=count)


def _outside_values(name: str, evidence: Evidence) -> Finding:
    values = sorted(evidence.values)
    text = f"{counted(len(values), 'value')} outside of the domain"
    return Finding(name, "domain", text, evidence, values)


def _most_outside(feature: schema_pb2.Feature) -> float:
    wanted = feature.distribution_constraints
    return 1.0 - wanted.min_domain_mass if wanted.HasField("min_domain_mass") else 0.0


def _extreme(of: Any, known: Any, new: Any) -> Any:
    return new if known is None else known if new is None else of(known, new)


def _as_float32(text: str) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(float(text)))
