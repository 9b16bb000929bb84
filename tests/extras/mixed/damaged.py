"""Rows of mixed sets in tables of tests of damage."""

NOT_CALLED = {
    f"mixed.{call}" for call in ("address", "check_write", "detailed", "plan", "playable", "render", "tracks", "write")
}
"""They need sound."""
