"""Figures as SVG inside a page. Colours are classes of the page's style sheet, by role."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator
from html import escape

from map4.exports.figures.shapes import Dot, Figure, Line, Polygon, Shape, Wedge, Word, around

# Average letter width, as a share of the size, in browsers' sans-serif fonts; a page can't be measured here.
_LETTER_WIDTH, _WIDE_LETTER_WIDTH = 0.54, 1.0


def svg_of(figure: Figure) -> Iterator[str]:
    """Yield the `svg` element, piece by piece; a screen reader gets the description instead of the shapes."""
    yield (
        f'<svg viewBox="0 0 {_n(figure.width)} {_n(figure.height)}" width="{_n(figure.width)}" '
        f'role="img" aria-label="{markup(f"{figure.title}. {figure.description}")}">'
    )
    for shape in figure.shapes:
        yield _element(shape)
    yield "</svg>"


def markup(text: str) -> str:
    """Escape a text for HTML elements and quoted attributes."""
    return escape(text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd"), quote=True)


def _element(shape: Shape) -> str:
    match shape:
        case Line():
            dashed = ' stroke-dasharray="4 3"' if shape.dashed else ""
            return (
                f'<polyline class="s-{shape.role}" points="{_points(shape.points)}" '
                f'stroke-width="{_n(shape.width)}"{dashed}/>'
            )
        case Polygon():
            outlined = f" s-{shape.role}" if shape.outlined else ""
            head = f'<polygon class="f-{shape.role}{outlined}" points="{_points(shape.points)}"'
            return _hinted(head + _opacity(shape.opacity), "polygon", shape.hint)
        case Wedge():
            head = f'<path class="f-{shape.role}" d="{_ring_part(shape)}"'
            return _hinted(head + _opacity(shape.opacity), "path", shape.hint)
        case Dot():
            x, y = shape.center
            head = f'<circle class="f-{shape.role}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(shape.radius)}"'
            return _hinted(head + _opacity(shape.opacity), "circle", shape.hint)
        case Word():
            return _word(shape)


def _word(word: Word) -> str:
    anchor = "" if word.anchor == "start" else f' text-anchor="{word.anchor}"'
    bold = ' font-weight="600"' if word.bold else ""
    text = word.text if word.most is None else _cut(word.text, word.most / word.size)
    return (
        f'<text class="f-{word.role}" x="{_n(word.at[0])}" y="{_n(word.at[1])}" font-size="{_n(word.size)}"'
        f"{anchor}{bold}>{markup(text)}</text>"
    )


def _cut(text: str, most: float) -> str:
    """Return as many letters as fit into a width, in units of the type size."""
    if _width(text) <= most:
        return text
    while text and _width(text) > most - _LETTER_WIDTH:
        text = text[:-1]
    return text.rstrip() + "…"


def _width(text: Iterable[str]) -> float:
    return sum(_WIDE_LETTER_WIDTH if unicodedata.east_asian_width(c) in "WF" else _LETTER_WIDTH for c in text)


def _ring_part(wedge: Wedge) -> str:
    corners = (
        around(wedge.center, wedge.outer, wedge.start_deg),
        around(wedge.center, wedge.outer, wedge.end_deg),
        around(wedge.center, wedge.inner, wedge.end_deg),
        around(wedge.center, wedge.inner, wedge.start_deg),
    )
    a, b, c, d = (f"{_n(x)} {_n(y)}" for x, y in corners)
    large = 1 if wedge.end_deg - wedge.start_deg > 180.0 else 0
    outer, inner = _n(wedge.outer), _n(wedge.inner)
    return f"M{a}A{outer} {outer} 0 {large} 1 {b}L{c}A{inner} {inner} 0 {large} 0 {d}Z"


def _hinted(head: str, name: str, hint: str | None) -> str:
    return f"{head}/>" if hint is None else f"{head}><title>{markup(hint)}</title></{name}>"


def _opacity(opacity: float) -> str:
    return "" if opacity >= 1.0 else f' fill-opacity="{_n(opacity)}"'


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    """Format a number briefly, as a file has thousands; never with an exponent."""
    if not math.isfinite(value):
        raise ValueError(f"a coordinate must be finite, got {value}")
    return f"{value:.2f}".rstrip("0").rstrip(".")
