"""Whether a model is good enough: functions of arrays and numbers, which know no TFX.

`scored_rows` holds labels and answers, `metrics` computes what `metric_names` lists, `gates` judges
by thresholds, the last blessed model or the `trivial_answer`, and `verdict` is what came of it.
"""
