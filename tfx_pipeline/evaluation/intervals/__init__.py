"""How sure a figure is: intervals of metrics, of changes between models, of many slices at once.

`interval` holds what all of it gives and takes.
"""
