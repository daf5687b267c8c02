"""The input table: what it holds, whether it can be used, and a copy that ExampleGen reads.

`table_reading` reads it once into a `table`, by way of `reading` and `columns`, and `staging_copy`
writes the same blocks to the staged copy; `table_checks` compares the table with `needs`, which
the configuration makes. `staged` reads the copy, typed by `typed_columns`; `example_encoding` makes
examples of it, `record_frames` records, `splits` divides them, and `example_files` writes them.
`schema` is what people say of the table.
"""
