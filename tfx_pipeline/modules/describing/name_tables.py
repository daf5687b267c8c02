"""The tables of names, read out of the files of the transform graph: see `names.token_tables`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tfx_pipeline.modules.describing.errors import NotDescribableError
from tfx_pipeline.modules.features.names.token_tables import averages_table, ids_table
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.storage import fileio


class NameTable:
    """A table: of each token its value, as the file has it.

    Attributes:
        values: by token.
    """

    def __init__(self, content: str) -> None:
        self.values: dict[str, str] = {}
        self._of_column: dict[str, dict[str, str]] = {}
        for line in content.split("\n")[:-1]:
            token, _, value = line.rpartition("\t")
            self.values[token] = value
            column, is_of_column, name = token.partition("=")
            if is_of_column:
                self._of_column.setdefault(column, {})[name] = value

    def of_column(self, key: str) -> Mapping[str, str]:
        """Give the values of a column's names, by name, in the file's order."""
        return self._of_column.get(key, {})


def read_tables(graph: TransformGraph) -> tuple[NameTable, NameTable]:
    """Read the tables of ids and of averages; both are empty where the graph has none.

    Raises:
        NotDescribableError: a name is no text.
    """
    ids, averages = _read(graph)
    return ids, averages


def _read(graph: TransformGraph) -> Iterator[NameTable]:
    for table in (ids_table, averages_table):
        file = fileio.join(graph.assets, table.__name__)
        content = fileio.read_bytes(file) if fileio.exists(file) else b""
        try:
            yield NameTable(content.decode())
        except UnicodeDecodeError as error:
            raise NotDescribableError(
                f"a category or word of the training rows is no text in UTF-8 ({error})"
            ) from error
