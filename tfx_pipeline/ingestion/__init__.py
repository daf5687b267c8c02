"""The input table: what it holds, and whether it can be read."""
