"""From files to rows in blocks: which files, of what format, in which dialect.

`table_files` finds them, `formats` tells what they are and unpacks them, `dialect` how they are
written. `blocks` gives their rows, a column each: of `parquet`, of `regular_text` by Arrow, and of
any other text by `records`, which knows the lines on which they stand. `arrow_arrays` makes the
columns.
"""
