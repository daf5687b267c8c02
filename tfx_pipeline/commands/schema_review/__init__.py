"""What the actions of `tfx-pipeline schema` do.

`inputs` finds the curated schema and the table, `findings` says what is wrong with them, and
`column_uses` which steps a column touches; the others are an action each.
"""
