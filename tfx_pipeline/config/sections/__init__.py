"""The sections of a configuration, a file each, as typed and frozen models.

`config.root` puts them together, and adds the hooks; `environment` has `beam` and `orchestrators`
as parts. `section` is what all are made of. The docstrings of fields are what editors and messages
show.
"""
