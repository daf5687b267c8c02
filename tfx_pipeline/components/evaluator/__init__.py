"""TFX's Evaluator with metrics of our own, and a verdict that always says what it rests on."""
