"""Examples made of the staged copy, and read again.

`encoding` makes them of record batches, `splits` divides them (by time, `columns/moments`),
`split_proof` counts what is in two splits, `files` writes them (framed by `record_frames`).
`record_blocks` reads the files of an artifact, and `row_hashes` compares the rows of two.
"""
