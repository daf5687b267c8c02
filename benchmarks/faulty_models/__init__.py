"""Small tables and models with one fault each, as the risk checks see them; nothing of TFX."""
