"""Calls of a damaged library: see `tests/torture/damage.py`."""

NOT_CALLED = {"sound_map.places", "sound_map.regions", "sound_map.values"}
