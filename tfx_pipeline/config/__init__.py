"""The typed configuration: read once, frozen, and refused with all its problems at once.

`loader` lays file, environment and overrides over one another; `root` and `sections` are their
types. `path_checks` and `checks` compare values with files, the table's columns and one another.
"""
