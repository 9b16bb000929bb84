"""Figures as geometry: shapes with roles instead of colours, which any back-end can draw."""
