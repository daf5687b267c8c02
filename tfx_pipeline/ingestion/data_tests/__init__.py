"""Tests of the data that a user requires: on all rows, before anything runs.

`tested_rows` keeps the columns that they read while the table is read; `running` runs them once the
types are known, and `failures` says what is wrong.
"""
