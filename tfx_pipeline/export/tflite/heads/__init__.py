"""From transformed columns to logits; each module writes the heads that its name says."""
