"""Figures for Prometheus, warnings, and reports of errors."""
