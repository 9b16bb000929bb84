"""Pictures for terminals, read back by Pillow."""

import io

import numpy as np
from PIL import Image

from map4.core.music.palette import Colour
from map4.exports.figures.shapes import Dot, Figure, Line, Polygon, Wedge, Word, box
from map4.exports.render.png import GROUND, png_of


def drawn(*shapes: Dot | Line | Polygon | Wedge | Word) -> Image.Image:
    figure = Figure(title="A figure", description="", width=100.0, height=50.0, shapes=shapes)
    return Image.open(io.BytesIO(png_of(figure))).convert("RGB")


def colour_at(picture: Image.Image, x: float, y: float) -> str:
    """The colour at a place in points."""
    return "#{:02x}{:02x}{:02x}".format(*picture.getpixel((round(2 * x), round(2 * y))))  # type: ignore[misc]


def test_shapes_words_and_dashes_are_drawn_at_their_positions() -> None:
    picture = drawn(
        Polygon(points=box(10, 10, 20, 20), role="good"),
        Dot(center=(30, 15), radius=5, role="fair"),
        Wedge(center=(50, 25), inner=5, outer=15, start_deg=0, end_deg=90, role="major"),
        Line(points=((70, 5), (70, 45)), role="poor", width=3),
        Polygon(points=box(80, 10, 90, 20), role="text", opacity=0.0, outlined=True),
    )
    assert picture.size == (200, 100)
    places = {(15, 15): "good", (30, 15): "fair", (57, 18): "major", (70, 25): "poor"}
    expected = {place: Colour.DARK[role] for place, role in places.items()}  # type: ignore[index]
    assert {place: colour_at(picture, *place) for place in places} == expected
    assert colour_at(picture, 80, 15) != GROUND
    for place in ((5, 5), (43, 18), (50, 25), (57, 32), (85, 15)):
        assert colour_at(picture, *place) == GROUND
    long, short = (drawn(Word(at=(10, 30), text="A long title of a track", most=most)) for most in (None, 40.0))
    bright = [np.flatnonzero(np.asarray(image.convert("L")).max(axis=0) > 60) for image in (long, short)]
    assert bright[0].max() > 2 * 55 > 2 * 50.5 > bright[1].max() > 2 * 35
    dashed = np.asarray(drawn(Line(points=((0, 25), (100, 25)), role="text", width=2, dashed=True)).convert("L"))[50]
    assert 0.3 < (dashed > 128).mean() < 0.7
