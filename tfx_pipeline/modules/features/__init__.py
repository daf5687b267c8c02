"""The features that Transform makes of raw columns, a file a kind, and the transformed label.

`raw_columns` makes columns dense and marks what is missing; each kind takes it from there, and
gives `transformed_columns`. What is learned of names comes from the one analyzer in `token_totals`.
To add a kind: its function here, its section in `config.sections.features`, a branch in
`modules.preprocessing`.
"""
