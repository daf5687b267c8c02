"""The curated schema of a table that was planned, and the one of a person brought up to date."""

from __future__ import annotations

from collections.abc import Collection

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.schemas.inference import infer_schema
from tfx_pipeline.schemas.text_patch import patched_text
from tfx_pipeline.schemas.typed_columns import TypedTable
from tfx_pipeline.wording import counted

_TITLE = """\
# Curated schema of {table}: reviewed like code, used to validate and to transform.
# Inferred from {rows}; loosen what this data only happened to have. {left_open}
"""
_WHOLE = "Text and columns that nothing\n# uses may hold anything."
_SAMPLE = "They are not all, so that\n# categories may be new, and values missing."


def planned_schema(
    table: TypedTable, config: PipelineConfig, uses: Collection[str], *, is_sample: bool
) -> schema_pb2.Schema:
    """Say what the columns are; only categories and the label are bound to the values they have.

    Args:
        table: whose types are known.
        config: says what its columns are used for.
        uses: names of the columns that are used at all.
        is_sample: others of its rows may hold what these do not.

    Raises:
        DataError: the table cannot be read to its end.
    """
    kinds = {name: feature.kind for name, feature in config.features.items()}
    listed = [name for name, kind in kinds.items() if kind in ("categorical", "ordinal")]
    schema = infer_schema(table, [name for name in table.header if name not in config.raw_features])
    for feature in schema.feature:
        if is_sample or feature.name not in (*listed, config.label.column):
            _forget_domain(schema, feature)
        if is_sample or feature.name not in uses:
            feature.presence.min_fraction = 0
        if feature.name not in uses:
            feature.presence.min_count = 0
    return schema


def _forget_domain(schema: schema_pb2.Schema, feature: schema_pb2.Feature) -> None:
    if domain := feature.WhichOneof("domain_info"):
        feature.ClearField(domain)
    for place, shared in enumerate(schema.string_domain):
        if shared.name == feature.name:
            del schema.string_domain[place]
            return


def schema_text(schema: schema_pb2.Schema, table: str, rows: int, *, is_sample: bool) -> str:
    """Write the schema."""
    left_open = _SAMPLE if is_sample else _WHOLE
    title = _TITLE.format(table=table, rows=counted(rows, "row"), left_open=left_open)
    return patched_text(title, schema)


def merge_schema(
    before: str, there: str, now: str, columns: Collection[str]
) -> tuple[str, list[str]]:
    """Give the text of the file brought up to date, and the columns kept as a person has them.

    Args:
        before: text that was written last time.
        there: text of the file.
        now: text that would be written today.
        columns: names of the table's columns.
    """
    if there == before:
        return now, []
    old, new, own = _Features(before), _Features(now), _Features(there)
    kept = [name for name in new.by_name if not own.update(name, old, new)]
    for name in old.by_name.keys() & own.by_name.keys() - new.by_name.keys():
        if own.what(name) == old.what(name):
            own.remove(name)
        elif name not in columns:
            own.by_name[name].lifecycle_stage = schema_pb2.DEPRECATED  # asks for nothing
            kept.append(name)
    if old.schema.default_environment == own.schema.default_environment:
        del own.schema.default_environment[:]
        own.schema.default_environment.extend(new.schema.default_environment)
    return patched_text(there, own.schema), kept


class _Features:
    """A schema by its columns."""

    def __init__(self, text: str) -> None:
        self.schema = text_format.Parse(text, schema_pb2.Schema())

    @property
    def by_name(self) -> dict[str, schema_pb2.Feature]:
        return {x.name: x for x in self.schema.feature}

    def what(self, name: str) -> tuple[bytes, bytes]:
        """Give all that is said of a column, to be compared."""
        domains = [x for x in self.schema.string_domain if x.name == name]
        return (
            self.by_name[name].SerializeToString(deterministic=True),
            b"".join(x.SerializeToString(deterministic=True) for x in domains),
        )

    def update(self, name: str, old: _Features, new: _Features) -> bool:
        """Bring what is said of a column up to date; give whether that is what is new."""
        if name not in self.by_name:
            if name not in old.by_name:
                self._put(name, new)
            return name not in old.by_name
        feature = self.by_name[name]
        if feature.lifecycle_stage == schema_pb2.DEPRECATED and name not in old.by_name:
            feature.ClearField("lifecycle_stage")  # the column came back
        elif self.what(name) == old.what(name):
            self._put(name, new)
        return self.what(name) == new.what(name)

    def remove(self, name: str) -> None:
        """Say nothing of a column any more."""
        for of_schema in (self.schema.feature, self.schema.string_domain):
            for place, each in reversed([*enumerate(of_schema)]):
                if each.name == name:
                    del of_schema[place]

    def _put(self, name: str, other: _Features) -> None:
        """Take what another schema says of a column, in the place where this one has it."""
        for own, new in (
            (self.schema.feature, other.schema.feature),
            (self.schema.string_domain, other.schema.string_domain),
        ):
            found = [x for x in new if x.name == name]
            known = [x for x in own if x.name == name]
            if found and known:
                known[0].CopyFrom(found[0])
            elif found:
                own.add().CopyFrom(found[0])
            elif known:
                del own[list(own).index(known[0])]
