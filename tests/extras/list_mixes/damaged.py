"""Rows of mixed sets in tables of tests of damage."""

NOT_CALLED = {f"list_mixes.{call}" for call in ("check_write", "plan", "render", "tracks", "write")}
"""They need sound."""
