"""The input table: what it holds, whether it can be used, and a copy that ExampleGen reads.

`table_reading` reads it once into a `table`, by way of `reading` and `columns`, and `staged_copy`
takes the same blocks; `checks` compares the table with `needs`, which the configuration makes,
`data_tests` are the user's own, and `quarantine` keeps rows that cannot be used.
`examples` makes examples of the copy, divides and writes them. `spans` says which files a table
has, `fingerprints` whether they changed, `versions` what became of its rows; `schema` is what
people say of it.
"""
