"""How far two samples of a column lie apart, judged against what chance alone makes of one.

Terms:
    reference: the sample that another is compared with: rows of the last run, or of training.
    histogram: bins learned from the reference, and how many of its rows fell into each.
    distance: Jensen-Shannon's, of the shares of the bins; from 0 (equal) to 1 (no bin in common).
    null distribution: the distances of pairs of samples drawn from the reference's own histogram,
        as many rows each as the two samples have: what a column that has not changed may show.

`columns` says what a column is here, `histograms` makes bins, `null_distribution` draws,
`compare` judges.
"""
