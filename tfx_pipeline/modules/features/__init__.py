"""The features that Transform makes of raw columns, and the transformed label.

Begin at `kinds`, what holds for each kind. `columns` makes raw columns dense and marks what is
missing; `numbers`, `timestamps` and the folder `names` take it from there.
"""
