"""How the interval of each kind of metric is made: `of_metrics` and `of_changes` choose."""
