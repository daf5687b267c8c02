"""Asking a model changed rows: what the checks that do so share."""
