"""Map track colours to a small palette."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

EIGHT_COLORS: dict[str, str] = {
    "pink": "#ff007f", "red": "#ff0000", "orange": "#ffa500", "yellow": "#ffff00",
    "green": "#00ff00", "aqua": "#25fde9", "blue": "#0000ff", "purple": "#660099",
}  # fmt: skip
"""The track colours of rekordbox, in its order; queries use their names."""

USUAL_CUE_COLORS = ("#c3af04", "#28e214", "#e62828", "#305aff", "#e0641b", "#b432ff", "#50b4ff", "#de44cf")
"""The usual colours of hot cues A to H: eight of the sixteen that rekordbox offers, as Mixxx lists them
(src/util/color/predefinedcolorpalettes.cpp)."""

LEAST_SATURATION = 0.15
"""The minimum of saturation times brightness; lower values are greys."""


def hue_of(color: str) -> float | None:
    """The hue of "#rrggbb", 0-1 around the circle; None for greys and invalid colours."""
    try:
        red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    except ValueError:
        return None
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    return None if saturation * value < LEAST_SATURATION else hue


def nearest_hue(color: str, hues: Sequence[float]) -> int | None:
    """The index of the hue nearest to "#rrggbb"; None for greys."""
    hue = hue_of(color)
    if hue is None:
        return None
    return min(range(len(hues)), key=lambda index: min(apart := abs(hue - hues[index]), 1 - apart))


_EIGHT_HUES = tuple(hue_of(color) or 0.0 for color in EIGHT_COLORS.values())


def nearest_of_eight(color: str) -> str | None:
    """The name of the `EIGHT_COLORS` entry nearest to "#rrggbb"; None for greys."""
    index = nearest_hue(color, _EIGHT_HUES)
    return None if index is None else list(EIGHT_COLORS)[index]


def color_words(color: str | None) -> str | None:
    """The search text of a colour: its name and value, separated like several values of a field."""
    return None if color is None else f"{nearest_of_eight(color) or 'grey'}; {color}"
