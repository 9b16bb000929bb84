"""Metrics for Prometheus, warnings, and error reports."""
