"""Rows that cannot be used, put aside in place of refusing the table.

`reading` reads a table until no such row is left in it; `bad_cells` finds cells that their column
cannot hold; `originals` gives rows as they stand in their files; `quarantine_file` is where they
go, and `mended` knows which of them were mended since; `resubmission` is how that is done.
"""
