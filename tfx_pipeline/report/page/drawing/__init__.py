"""Plots, as SVG that takes its colours and its font from the page around it."""
