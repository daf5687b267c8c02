"""Features made from names: ids of categories, words, averages per key, encoded labels.

Begin at `features`. What is learned of names comes from the one analyzer in `token_totals`, which
adds up what each name stands for; `token_tables` makes of that two tables, frozen in the transform
graph, which serve all columns (`lookup_tables`).
"""
