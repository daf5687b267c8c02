"""Rows of a job, in blocks of Arrow's columns: Parquet, text, and what a query gives."""
