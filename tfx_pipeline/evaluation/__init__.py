"""Whether a model is good enough: functions of arrays and numbers, which know no TFX.

`scored_split` holds what models answered, `evaluate` measures all of it (`metrics` by `formulas/`,
`intervals/`, `figures/`), `gates` judges that by thresholds, the last blessed model and the
`trivial_answer`, each thing as in `judged`, and `verdict` is what came of it. `risk/` looks closer.
"""
