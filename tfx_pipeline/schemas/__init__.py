"""A curated schema as reviewed code: what data breaks it, how it differs, how it is changed.

`typed_columns` gives a table's columns as Arrow arrays, read as the pipeline reads them; `check`
judges them by the `rules` of a schema, and `inference` makes a schema of them; `differences` sorts
what differs; `allowances` change a schema, `text_patch` its text, and `acceptance` the file, with
an entry in the changelog beside it. None imports TensorFlow.
"""
