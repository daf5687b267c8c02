"""Files made of a `TablePlan`, and what becomes of those that a person has changed since.

`config_text`, `schema_text` and `readme_text` write them; the `…_merge` beside each brings a file
up to date that `init` wrote before; `record` remembers what that was.
"""
