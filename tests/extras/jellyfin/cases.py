"""Rows of jellyfin in tables of other tests."""

NEEDS = {(verb, "/jellyfin/{path:path}"): None for verb in ("GET", "POST", "DELETE")}
