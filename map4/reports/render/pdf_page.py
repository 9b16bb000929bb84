"""The pages of a PDF: where the next thing goes, and what stands on every page."""

from __future__ import annotations

from typing import Any

from map4.reports.figures.shapes import Role
from map4.reports.render.pdf_figures import colour_of, set_colour
from map4.reports.render.pdf_fonts import Typesetter

PAGE = (595.28, 841.89)
"""A4 in points."""

MARGIN = 42.0
WIDTH = PAGE[0] - 2.0 * MARGIN
_TOP = PAGE[1] - MARGIN
_BOTTOM = MARGIN + 14.0
_FOOT_SIZE = 7.5


class Page:
    """The current page and the place on it.

    Parameters
    ----------
    canvas : of reportlab
    type_ : sets the texts
    title : at the foot of every page
    """

    def __init__(self, canvas: Any, type_: Typesetter, title: str) -> None:
        self.canvas = canvas
        self.type = type_
        self.y = _TOP
        self.number = 1
        self.parts = 0
        self._title = type_.cut(title, _FOOT_SIZE, WIDTH - 60.0)

    @property
    def is_fresh(self) -> bool:
        """Whether nothing stands on it yet."""
        return self.y == _TOP

    def has(self, height: float) -> bool:
        """Whether so much fits below; on a fresh page everything must."""
        return self.is_fresh or self.reaches(self.y - height)

    def reaches(self, y: float) -> bool:
        """Whether a place is above the foot of the page."""
        return y >= _BOTTOM

    def need(self, height: float) -> None:
        """Go to the next page unless so much fits below."""
        if not self.has(height):
            self.next()

    def next(self) -> None:
        """Finish this page and begin another."""
        self._foot()
        self.canvas.showPage()
        self.number += 1
        self.y = _TOP

    def finish(self) -> None:
        """Finish the last page."""
        self._foot()
        self.canvas.showPage()

    def write(self, text: str, x: float, y: float, size: float, *, bold: bool = False, role: Role = "text") -> None:
        """Write a line; x from the left margin, y of the baseline from the foot of the page."""
        set_colour(self.canvas, role)
        self.type.draw(self.canvas, MARGIN + x, y, text, size, bold=bold)

    def paragraph(
        self,
        text: str,
        size: float,
        *,
        leading: float,
        bold: bool = False,
        role: Role = "text",
        at_most: int | None = None,
    ) -> None:
        """Write lines over the whole width and move below them."""
        for line in self.type.lines(text, size, WIDTH, bold=bold, at_most=at_most):
            self.need(leading)
            self.write(line, 0.0, self.y - size, size, bold=bold, role=role)
            self.y -= leading

    def rule(self, y: float, *, width: float = 0.5) -> None:
        """Draw a line over the whole width."""
        self.canvas.setStrokeColor(colour_of("grid"))
        self.canvas.setLineWidth(width)
        self.canvas.setDash()
        self.canvas.line(MARGIN, y, MARGIN + WIDTH, y)

    def _foot(self) -> None:
        number = str(self.number)
        set_colour(self.canvas, "muted")
        self.type.draw(self.canvas, MARGIN, MARGIN - 6.0, self._title, _FOOT_SIZE, counts=False)
        right = WIDTH - self.type.width(number, _FOOT_SIZE)
        self.write(number, right, MARGIN - 6.0, _FOOT_SIZE, role="muted")
