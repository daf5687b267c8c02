"""Heads, a file each: logits of transformed columns; begin at `table`."""
