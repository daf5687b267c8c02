"""A curated schema as reviewed code: what data breaks it, how it differs, how it is changed.

`text_blocks` and `typed_columns` give a table's columns as Arrow arrays, read as the pipeline reads
them; `check` judges them by the `rules` of a schema, and `inference` makes a schema of them;
`differences` sorts what differs; `allowances` change a schema, `text_patch` its text, and
`acceptance` the file, with a line in the changelog beside it. None imports TensorFlow.
"""
