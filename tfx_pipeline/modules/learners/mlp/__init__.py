"""A multi-layer network that needs no tuning: RealMLP.

Source of the recipe: Holzmüller, Grinsztajn and Steinwart, Better by Default: Strong Pre-Tuned
MLPs and Boosted Trees on Tabular Data (2024), arXiv 2407.04491, called the paper in this folder.
"""
