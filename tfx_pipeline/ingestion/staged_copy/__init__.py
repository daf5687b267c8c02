"""The copy of a table that ExampleGen reads.

`writing` makes it while the table is read, `reading` gives its rows, with the types that the scan
has decided (`columns.typed_columns`).
"""
