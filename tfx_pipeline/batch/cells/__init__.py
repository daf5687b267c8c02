"""Cells as the model takes them, those that are passed through, and rows that are set apart."""
