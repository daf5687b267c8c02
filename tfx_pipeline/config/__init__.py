"""The typed configuration: read once, frozen, and refused with all its problems at once.

`loader` lays file, environment and overrides over one another: `yaml_source` reads them with lines,
`source_text` lets the type of a field say what a text is, `root` and `sections` are those types,
and `type_problems` words what pydantic refuses. `path_checks` and `checks` compare the values with
files, the table's columns and one another. `metadata_url` is for `--metadata-url`, `json_schema`
for editors.
"""
