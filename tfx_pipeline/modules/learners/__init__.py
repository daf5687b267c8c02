"""The families of models, a folder each: how they learn from transformed rows.

Begin at `learner`, what every family takes and gives; `families` finds one by its name.
"""
