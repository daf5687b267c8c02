"""How a document is read and evaluated: just what `writing` writes, and nothing else."""
