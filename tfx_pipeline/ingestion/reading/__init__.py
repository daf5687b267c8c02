"""From files to records: which files, of what format, in which dialect.

`table_files` finds them, `formats` tells what they are and unpacks them, `dialect` how they are
written, and `records` gives their records with the lines on which they stand, whatever the format.
"""
