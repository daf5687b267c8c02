"""Wiring only: a configuration becomes a TFX pipeline."""
