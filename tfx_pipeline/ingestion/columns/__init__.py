"""What the cells of a column are, and what follows from that.

`scan` sums them up while the table is read once, `number_scan` those of Parquet; `types` decides
how ExampleGen stores the column; `label_scan` computes the label of every row, and
`label_problems` says what is wrong with it.
"""
