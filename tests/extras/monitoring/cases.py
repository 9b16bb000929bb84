"""Rows of monitoring in tables of other tests."""

from __future__ import annotations

NEEDS = {
    ("GET", "/metrics"): "metrics",
    ("GET", "/warnings"): "admin",
}

SECRETS = {
    "serve.notify": "https://hooks.example.org/geheim",
    "serve.sentry": "https://geheim@sentry.example.org/1",
}
