"""Tests of FormatExporter."""
