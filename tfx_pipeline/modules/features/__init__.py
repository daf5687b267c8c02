"""The features that Transform makes of raw columns, a file a kind, and the transformed label.

`columns` makes raw columns dense and marks what is missing; each kind takes it from there. What is
learned of names comes from the one analyzer in `token_totals`.
"""
