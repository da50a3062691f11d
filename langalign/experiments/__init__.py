"""Whole tables from one file: the grid, its cells, and what they show."""
