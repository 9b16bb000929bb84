"""The colours of reports, for light and dark, shared by the page and the PDF.

The six series and their grey differ by at least 18 (CIE76) also for colour-blind readers (Machado, Oliveira
and Fernandes, "A physiologically-based model for simulation of color vision deficiency", IEEE TVCG 15(6), 2009), and
each has a contrast of 3:1 to the background (WCAG 2.2, 1.4.11). Each also has a symbol, because paper may lack colour.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from map4.core.music.analysis.key import ALL_KEYS, Key


class Colour:
    """Colours of tracks and cue points, "#rrggbb"."""

    DARK: ClassVar[Mapping[ShapeRole, str]] = {
        "text": "#e6ebf0", "muted": "#9aa7b5", "grid": "#344150", "fill": "#4f8fcb", "minor": "#2f72b5",
        "major": "#a9671b", "wanted": "#77828f", "good": "#4cd0a0", "fair": "#e8b84a", "poor": "#f0606a",
        "low": "#3f72d8", "mid": "#7cc0f5", "high": "#f0b35a",
        "series1": "#5aa9f2", "series2": "#f08a4b", "series3": "#3dda9a", "series4": "#ebace1", "series5": "#6a5cf0",
        "series6": "#efe27a",
    }  # fmt: skip

    LIGHT: ClassVar[Mapping[ShapeRole, str]] = {
        "text": "#1c2530", "muted": "#5b6775", "grid": "#d3dae2", "fill": "#4484c4", "minor": "#6aa7e0",
        "major": "#f0a848", "wanted": "#7b8794", "good": "#006d77", "fair": "#a86400", "poor": "#9b1c31",
        "low": "#173a63", "mid": "#5a9fe0", "high": "#f0a848",
        "series1": "#1f62dc", "series2": "#bb4f29", "series3": "#12946a", "series4": "#b254bd", "series5": "#173a63",
        "series6": "#b08a00",
    }  # fmt: skip

    EIGHT: ClassVar[Mapping[str, str]] = {
        "pink": "#ff007f", "red": "#ff0000", "orange": "#ffa500", "yellow": "#ffff00",
        "green": "#00ff00", "aqua": "#25fde9", "blue": "#0000ff", "purple": "#660099",
    }  # fmt: skip
    """The track colours of rekordbox, in its order; queries use their names."""
    USUAL_CUES = ("#c3af04", "#28e214", "#e62828", "#305aff", "#e0641b", "#b432ff", "#50b4ff", "#de44cf")
    """The usual colours of hot cues A to H: eight of the sixteen that rekordbox offers, as Mixxx lists them
    (src/util/color/predefinedcolorpalettes.cpp)."""
    LEAST_SATURATION = 0.15
    """The minimum of saturation times brightness; lower values are greys."""

    @staticmethod
    def hue(color: str) -> float | None:
        """The hue of "#rrggbb", 0-1 around the circle; None for greys and invalid colours."""
        try:
            red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
        except ValueError:
            return None
        hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
        return None if saturation * value < Colour.LEAST_SATURATION else hue

    @staticmethod
    def nearest_hue(color: str, hues: Sequence[float]) -> int | None:
        """The index of the hue nearest to "#rrggbb"; None for greys."""
        hue = Colour.hue(color)
        if hue is None:
            return None
        return min(range(len(hues)), key=lambda index: min(apart := abs(hue - hues[index]), 1 - apart))

    @staticmethod
    def nearest_of_eight(color: str) -> str | None:
        """The name of the `EIGHT` entry nearest to "#rrggbb"; None for greys."""
        index = Colour.nearest_hue(color, _EIGHT_HUES)
        return None if index is None else list(Colour.EIGHT)[index]

    @staticmethod
    def words(color: str | None) -> str | None:
        """The search text of a colour: its name and value, separated like several values of a field."""
        return None if color is None else f"{Colour.nearest_of_eight(color) or 'grey'}; {color}"

    @staticmethod
    def of_key(key: Key) -> str:
        """A light colour for a key: neighbours on the Camelot wheel have similar hues, minor is darker.

        Dark text on it has a contrast of at least 7:1.
        """
        lightness, saturation = (0.76, 0.62) if key.mode == "minor" else (0.87, 0.75)
        red, green, blue = colorsys.hls_to_rgb((key.camelot_number - 1) / 12, lightness, saturation)
        return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


_EIGHT_HUES = tuple(Colour.hue(color) or 0.0 for color in Colour.EIGHT.values())


ShapeRole = Literal[
    "text", "muted", "grid", "fill", "minor", "major", "wanted", "good", "fair", "poor", "low", "mid", "high",
    "series1", "series2", "series3", "series4", "series5", "series6",
]  # fmt: skip
"""text, muted: primary and secondary text; grid: axes and rules; fill: bars; minor, major: the rings of the wheel;
wanted: the target next to the result; good, fair, poor: ratings of transitions; low, mid, high: the bands of a strip;
series1-6: compared series.
"""


def style_sheet() -> str:
    """The colours as CSS variables (`--series1`, `--key-8A`, `--cue-A`): light, and dark if the system is dark."""
    keys = "".join(f"--key-{key.camelot}:{Colour.of_key(key)};" for key in ALL_KEYS)
    cues = "".join(f"--cue-{letter}:{colour};" for letter, colour in zip("ABCDEFGH", Colour.USUAL_CUES, strict=True))
    light, dark = _variables(Colour.LIGHT), _variables(Colour.DARK)
    roles = "".join(f".f-{role}{{fill:var(--{role})}}.s-{role}{{stroke:var(--{role})}}\n" for role in Colour.LIGHT)
    return f":root{{{keys}{cues}{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{roles}"


def _variables(colours: Mapping[ShapeRole, str]) -> str:
    return "".join(f"--{role}:{colour};" for role, colour in colours.items())
