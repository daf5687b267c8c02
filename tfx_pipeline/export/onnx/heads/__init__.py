"""Heads, as nodes: each makes logits of transformed columns."""
