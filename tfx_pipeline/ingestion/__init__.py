"""The input table: what it holds, whether it can be used, and a copy that ExampleGen reads.

`table_reading` reads it once into a `table`, by way of `reading` and `columns`; `table_checks`
compares that with `needs`, which the configuration makes; `staging` writes the clean copy;
`example_encoding` and `splits` make its rows examples. `schema` is what people say of the table.
"""
