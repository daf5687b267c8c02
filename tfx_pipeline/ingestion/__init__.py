"""The input table: what it holds, whether it can be used, and a copy that ExampleGen reads.

Data flows `table_files → formats → dialect → records → column_scan → column_types, label_scan →
table → staging`; `table.read_table` is what others call.

Terms:
    cell: what stands between two delimiters, as text.
    missing: an empty cell; in a column of numbers also a mark such as `NA`.
    record: one row as text, a cell a column; a quoted cell may span several lines.
    line: 1-based number of a line of the file, as an editor shows it; of a Parquet file, the row.
    use: what the pipeline does with a column, see `needs.Use`.
    type: what ExampleGen stores a column as, see `column_types.ColumnType`.
"""
