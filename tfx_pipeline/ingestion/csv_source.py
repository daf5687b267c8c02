"""The input table as CSV files: what it holds, whether TFX can read it, a copy that TFX can read.

What TFX's reader does with a file decides what is refused (observed on TFX 1.16 and 1.21): it
makes zero rows of an empty file, keeps only the last of two columns of one name, and fails in the
middle of a run, without naming a line, on text in another encoding or a wrong number of fields.
What has one right reading is not refused but written anew by `stage_csv`: a byte order mark (TFX
keeps it in the first column's name), carriage returns as line ends (TFX reads zero rows), quotes
around names (TFX keeps them), a lone quote inside a field (TFX looks for a second one). Line breaks
inside quotes are read correctly as they are.
"""

from tfx_pipeline.ingestion.csv_checks import check_csv
from tfx_pipeline.ingestion.csv_columns import Cell, ColumnSummary
from tfx_pipeline.ingestion.csv_staging import stage_csv
from tfx_pipeline.ingestion.csv_table import CsvSummary, FileSummary, content_digest, inspect_csv

__all__ = [
    "Cell",
    "ColumnSummary",
    "CsvSummary",
    "FileSummary",
    "check_csv",
    "content_digest",
    "inspect_csv",
    "stage_csv",
]
