"""The input of a job, opened: its files, its columns, how its numbers are written."""
