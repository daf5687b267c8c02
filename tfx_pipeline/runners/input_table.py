"""The input table, looked at before anything heavy is imported."""

from __future__ import annotations

from tfx_pipeline.config.checks import check_config, numeric_columns
from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.errors import ConfigError, DataError, Problem
from tfx_pipeline.ingestion.csv_source import CsvSummary, check_csv, inspect_csv


def checked_table(loaded: LoadedConfig) -> CsvSummary:
    """Look at the table, and compare the configuration with it.

    Raises:
        ConfigError: there is no table, or the configuration does not fit it.
        DataError: its values cannot be used.
    """
    config = loaded.config
    place = loaded.source.place(("data", "path"))
    path = config.path(config.data.path)
    if not path.exists():
        problem = Problem("no such file or folder", place, config.data.path)
        raise ConfigError([problem], "there is no table to read")
    table = inspect_csv(path)
    title = f"{config.data.path} cannot be used; nothing was run"
    if not table.header:
        raise DataError(check_csv(table), title)
    check_config(loaded, table.header)
    problems = check_csv(table, numeric_columns=numeric_columns(config))
    if problems:
        raise DataError(problems, title)
    return table
