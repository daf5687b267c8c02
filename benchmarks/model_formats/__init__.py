"""What `benchmarks/formats.py` measures: models, tables, and the ways that rows are answered."""
