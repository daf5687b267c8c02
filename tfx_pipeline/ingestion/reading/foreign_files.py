"""Files that are no table, told by their first bytes, and how they become one.

Names lie: Excel saves workbooks as `.csv`, downloads end as web pages, pictures come along.
"""

from __future__ import annotations

_WORKBOOK = "save it as CSV UTF-8 there, and give that file"
_FOREIGN = (  # first bytes, what that is, what to do
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it, and give the table in it"),
    (b"Rar!", "a RAR archive", "unpack it, and give the table in it"),
    (b"ARROW1", "an Arrow file (Feather)", "write it as Parquet: df.to_parquet(…)"),
    (b"FEA1", "a Feather file", "write it as Parquet: df.to_parquet(…)"),
    (b"ORC", "an ORC file", "write it as Parquet"),
    (b"Obj\x01", "an Avro file", "write it as Parquet"),
    (b"SQLite format 3\0", "an SQLite database", "write its table as CSV: sqlite3 -header -csv …"),
    (b"\x89HDF", "an HDF5 file", "write its table as Parquet or CSV"),
    (b"%PDF", "a PDF document", "give the table as CSV"),
    (b"\x80\x04\x95", "a Python pickle", "write it as Parquet: df.to_parquet(…)"),
    (b"\x93NUMPY", "an array of NumPy", "write it as CSV or Parquet, with names of its columns"),
    (b"<stata_dta", "a file of Stata", "pandas.read_stata(…).to_parquet(…)"),
    (b"$FL", "a file of SPSS", "pandas.read_spss(…).to_parquet(…)"),
    (b"<?xml", "XML", "pandas.read_xml(…).to_parquet(…)"),
    (b"{\\rtf", "a document in RTF", "save the table as CSV UTF-8"),
    (b"PARE", "an encrypted Parquet file", "write it without encryption"),
    (b"\x89PNG", "a picture (PNG)", "give the table as CSV"),
    (b"\xff\xd8\xff", "a picture (JPEG)", "give the table as CSV"),
    (b"GIF8", "a picture (GIF)", "give the table as CSV"),
    (b"\x7fELF", "a program", "give the table as CSV"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file", "fetch it: git lfs pull"),
)
_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Of Microsoft's compound files: old workbooks, and new ones with a password."""
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f"})
_FEW_CONTROLS, _MOST_CONTROLS = 8, 0.05


def what_else(head: bytes, *, is_packed: bool, is_wide: bool) -> tuple[str, str]:
    """Name what begins so, if it is no text, and say how it becomes a table; else two times "".

    Args:
        head: the first bytes, unpacked.
        is_packed: they were compressed.
        is_wide: they look like UTF-16 or UTF-32.
    """
    if head.startswith((b"PK\x03\x04", _OFFICE)):
        return _container(head)
    for mark, what, step in _FOREIGN:
        if head.startswith(mark):
            return what, step
    text = head.lstrip()[:15].lower()
    if is_packed and head.startswith(b"PAR1"):
        return "a packed Parquet file", "unpack it; Parquet packs its columns itself"
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page", "fetch the table itself; the page may ask for a login"
    if _is_arff(head):
        return "an ARFF file of Weka", "write the names of its attributes as a CSV header"
    if text.startswith((b'{"', b'[{"')):
        return "JSON", "write it as CSV or Parquet: pandas.read_json(…).to_parquet(…)"
    if not is_wide and _is_binary(head[:4096]):
        return "a binary file, of no kind that is known", "give the table as CSV or Parquet"
    return "", ""


def _container(head: bytes) -> tuple[str, str]:
    """Name a file that holds other files."""
    if head.startswith(_OFFICE):
        if "EncryptedPackage".encode("utf-16-le") in head:
            what = "a workbook or document that is protected by a password"
            return what, f"open it with the password, and {_WORKBOOK}"
        return "an Excel workbook of the old kind (.xls)", _WORKBOOK
    if b"xl/" in head or b"[Content_Types]" in head:
        return "an Excel workbook", _WORKBOOK
    if len(head) > 6 and head[6] & 1:  # bit 0 of the first file's flags: it is encrypted
        step = "unpack it with the password, and give the table in it"
        return "a ZIP archive that is protected by a password", step
    return "a ZIP archive", "unpack it, and give the table in it"


def _is_arff(head: bytes) -> bool:
    head = head.lower()
    return head.startswith(b"@relation") or (head[:1] == b"%" and b"\n@attribute " in head)


def _is_binary(head: bytes) -> bool:
    """Tell what has a NUL byte, and so many control characters that it is no text."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return b"\0" in head and controls > max(_FEW_CONTROLS, _MOST_CONTROLS * len(head))
