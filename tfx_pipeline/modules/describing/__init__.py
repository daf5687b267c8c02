"""Makes the description of a fitted model, see `description`; begin at `model`.

All is read: learned values out of the transform graph, names out of its tables, what was configured
out of the settings of the Trainer, weights and trees out of the scorer. A feature is described only
where the graph shows that the generic `preprocessing_fn` alone makes it.
"""
