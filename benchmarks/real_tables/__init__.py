"""The parts of `tables.py`: tables, ways, and the comparison of what they reach."""
