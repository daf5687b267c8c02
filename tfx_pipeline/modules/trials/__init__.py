"""The search for hyper-parameters: what is varied, one trial, and many of them at once.

`tuning.tuner_fn` is what TFX's Tuner calls. `space` says what may be varied of each family,
`trial` fits one model in a process of its own, `parallel_search` is KerasTuner's tuner around
these.
"""
