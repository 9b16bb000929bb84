"""Rows of monitoring in tables of other tests."""

from __future__ import annotations

NEEDS = {
    ("GET", "/metrics"): "metrics",
    ("GET", "/warnings"): "admin",
}

CODES = {
    ("GET", "/metrics"): (401, 403, 403, 200),
    ("GET", "/warnings"): (401, 403, 403, 200),
}

CALLS = {
    "get_metrics": ({}, None, 200),
    "get_warnings": ({}, None, 200),
}

SECRETS = {
    "serve.notify": "https://hooks.example.org/geheim",
    "serve.sentry": "https://geheim@sentry.example.org/1",
}
