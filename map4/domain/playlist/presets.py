"""Named sets of playlist options."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from map4.domain.lists.limits import ListLimits
from map4.domain.near_names import no_such
from map4.domain.playlist.request import NOTHING, ListRequest, Preset, Request
from map4.errors import UsageError

PRESETS_FILE = "data/playlist_presets.toml"


def read_presets(content: Mapping[str, Any]) -> dict[str, Preset]:
    """Make presets of the content of a file like `playlist_presets.toml`, or of a user's table of them.

    One with an option that there is not, or a value it can't have, is refused by its name.
    """
    presets = {}
    for name, values in content.items():
        if not isinstance(values, Mapping):
            raise UsageError(f"playlist preset '{name}' must be a table of options")
        options = {key: value for key, value in values.items() if key != "help"}
        try:
            ListRequest().settled(preset=options)
        except UsageError as error:
            raise UsageError(f"playlist preset '{name}': {error}") from None
        spelled = name.strip().lower().replace("-", "_")
        presets[spelled] = Preset(name=spelled, help=str(values.get("help", "")), options=options)
    return presets


@cache
def shipped_presets() -> Mapping[str, Preset]:
    """The presets of the package, read once."""
    text = files("map4.domain").joinpath(PRESETS_FILE).read_text(encoding="utf-8")
    return read_presets(tomllib.loads(text))


def find_preset(name: str, presets: Mapping[str, Preset]) -> Preset:
    """The preset of a name, in any spelling."""
    spelled = name.strip().lower().replace("-", "_")
    if spelled in presets:
        return presets[spelled]
    raise no_such("preset", name, presets)


def settled(request: Request, limits: ListLimits | None = None) -> Request:
    """What a caller asks, with what the preset says of the rest, and `limits` for what neither does."""
    preset = find_preset(request.preset, shipped_presets()) if isinstance(request.preset, str) else request.preset
    return request.settled(preset=preset.options if preset else NOTHING, limits=limits)
