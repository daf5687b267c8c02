"""The model card of a run's model, in Markdown and JSON, made of the facts of the run.

Sections are those of M. Mitchell et al., Model Cards for Model Reporting, FAT* 2019, 220-229.
"""
