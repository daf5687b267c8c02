"""What to ask a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class SqlQuery:
    """One query and where it goes.

    Attributes:
        url: of the database, as SQLAlchemy writes it, without a password; the path of an SQLite
            file is absolute: `sqlite:////folder/file`.
        text: the SQL; one statement that gives rows.
        name: what messages call the rows: the table, or `query`.
        place: where the configuration says so.
        password: of the user in `url`; empty: the driver looks where it always does.
    """

    url: str
    text: str
    name: str = "query"
    place: str | None = None
    password: str = field(default="", repr=False)

    @property
    def scheme(self) -> str:
        """Kind of database, and the driver if one is named: `postgresql`, `mysql+pymysql`."""
        return urlsplit(self.url).scheme.lower()

    @property
    def path(self) -> Path:
        """Stands for the file in which rows of files stand: cells name it and their row."""
        return Path(self.name)

    @property
    def statement(self) -> str:
        """The SQL as a part of another statement: without `;`, a comment at its end closed."""
        return self.text.strip().rstrip(";").rstrip() + "\n"


def quoted(name: str, mark: str = '"') -> str:
    """Write a name as SQL does."""
    return mark + name.replace(mark, mark * 2) + mark
