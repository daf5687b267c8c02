"""The input table: what it holds, whether it can be used, and a copy that ExampleGen reads.

`table_reading.read_table` reads it once, by way of `reading` (files become records) and `columns`
(cells become types and labels), and gives a `table.Table`. `table_checks` compares that with
`needs`, which the configuration makes; `staging` writes the clean copy; `example_encoding` and
`splits` make its rows examples and divide them. `schema` is what people say of the table.

Terms:
    cell: what stands between two delimiters, as text.
    missing: an empty cell; in a column of numbers also a mark such as `NA`.
    record: one row as text, a cell a column; a quoted cell may span several lines.
    line: 1-based number of a line of the file, as an editor shows it; of a Parquet file, the row.
    use: what the pipeline does with a column, see `needs.Use`.
    type: what ExampleGen stores a column as, see `columns.types.ColumnType`.
"""
