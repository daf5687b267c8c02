"""Versions of the data: what each holds, and how two of them differ, exact to the row."""
