"""Rows of monitoring in tables of other tests."""

NEEDS = {
    ("GET", "/metrics"): "metrics",
    ("GET", "/warnings"): "admin",
}

SECRETS = {
    "serve.notify": "https://hooks.example.org/geheim",
    "serve.sentry": "https://geheim@sentry.example.org/1",
}
