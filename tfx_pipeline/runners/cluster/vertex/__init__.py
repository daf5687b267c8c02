"""Vertex AI: native rendering and submission."""
