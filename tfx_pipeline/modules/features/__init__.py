"""The features that Transform makes of raw columns, and the transformed label.

Begin at `kinds`, what holds for each kind. `columns` makes raw columns dense and marks what is
missing; `numbers`, `categories` and `timestamps` take it from there. What is learned of names comes
from the one analyzer in `token_totals`.
"""
