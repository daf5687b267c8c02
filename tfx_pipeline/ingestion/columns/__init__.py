"""What the cells of a column are, and what follows from that.

`scan` sums them up while the table is read once, `number_scan` those of Parquet, `quick_scan` those
that say nothing new; `types` decides how ExampleGen stores the column, `typed_columns` does so, and
`moments` reads dates; `label_scan` computes the label of every row, from `label_cells`, and
`label_problems` says what is wrong with it; `put_aside` are rows that are none of the table's.
"""
