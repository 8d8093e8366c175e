"""Plotly charts that keep their zoom."""
