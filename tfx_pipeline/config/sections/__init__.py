"""The sections of a configuration, a file each, as typed and frozen models.

`data`, `label`, `features` (with lookups), `model`, `evaluation`, `push` and `environment`, whose
parts are `metadata` and `orchestrators`; `config.root` puts them together, and adds the hooks.
`section` is what all have in common; `short_forms` and `text_form` are forms of values that several
take. The docstrings of the fields are what editors and messages show.
"""
