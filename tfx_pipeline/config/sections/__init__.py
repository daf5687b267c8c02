"""The sections of a configuration, a file each, as typed and frozen models.

`section` is what all have in common; `short_forms` and `text_form` are the forms of values that
several take. `config.root` puts the sections together.
"""
