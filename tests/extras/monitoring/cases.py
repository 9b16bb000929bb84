"""Rows of monitoring in tables of other tests."""

NEEDS = {("GET", "/metrics"): "metrics"}

SECRETS = {"serve.sentry": "https://geheim@sentry.example.org/1"}
