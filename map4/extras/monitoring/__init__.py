"""Metrics for Prometheus, and error reports."""
