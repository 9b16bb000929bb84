"""The colours of reports: told apart by the colour-blind too, and seen on their ground (Machado 2009, WCAG 2.2)."""

import itertools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest

from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.palette import Colour, ShapeRole, style_sheet
from map4.exports.figures.shapes import SERIES
from map4.page.linking import HOST, page_file

Array = npt.NDArray[np.float64]
GROUND = {"light": "#ffffff", "dark": "#12171d"}
SCHEMES: dict[str, Mapping[ShapeRole, str]] = {"light": Colour.LIGHT, "dark": Colour.DARK}
# Severity 1 of each, for linear RGB, from the supplement of the paper.
VISIONS = {
    "all": np.eye(3),
    "protan": np.array([[0.152286, 1.052583, -0.204868],
                        [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deutan": np.array([[0.367322, 0.860646, -0.227968],
                        [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritan": np.array([[1.255528, -0.076749, -0.178779],
                        [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip


def linear(colour: str) -> Array:
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(color: str, other: str) -> float:
    low, high = sorted((luminance(color), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(light: Array) -> Array:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = (to_xyz @ light) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def least_difference(colours: list[str], vision: str) -> float:
    """CIE76 of the two that are most alike."""
    seen = [lab(np.clip(VISIONS[vision] @ linear(colour), 0.0, 1.0)) for colour in colours]
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))


def test_colours_are_distinct_readable_and_defined_once() -> None:
    for vision in VISIONS:
        for scheme in SCHEMES:
            colours = SCHEMES[scheme]
            assert least_difference([colours[role] for role in (*SERIES, "wanted")], vision) >= 18.0
            assert least_difference([colours[role] for role in ("good", "fair", "poor")], vision) >= 18.0
            assert least_difference([colours[role] for role in ("low", "mid", "high")], vision) >= 18.0
    assert min(contrast(Colour.of_key(key), "#1c2530") for key in ALL_KEYS) >= 4.5
    assert set(Colour.LIGHT) == set(Colour.DARK)
    style = style_sheet()
    assert style.count("--series1:") == 2  # light and dark; paper is light
    assert "--key-8A:" in style
    assert "--cue-A:#c3af04;" in style
    assert "--cue-H:" in style
    own = set(Colour.LIGHT) - {"text", "muted"}
    assert not any(f"--{role}:" in page_file(f"{HOST}page.css") for role in own)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_colours_have_enough_contrast_to_their_background(scheme: str) -> None:
    colours, ground = SCHEMES[scheme], GROUND[scheme]
    assert min(contrast(colours[role], ground) for role in (*SERIES, "fill", "wanted")) >= 3.0
    assert min(contrast(colours[role], ground) for role in ("text", "muted", "good", "fair", "poor")) >= 4.5
