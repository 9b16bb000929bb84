"""Paths as arguments and values of options."""

from __future__ import annotations

from typing import Any

import click

from map4.app.paths import path_text


class PathArgument(click.Path):
    """A path; an empty one is refused before anything is opened."""

    def __init__(self, *, allow_dash: bool = False) -> None:
        super().__init__(path_type=str, allow_dash=allow_dash)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the text."""
        return path_text(str(super().convert(value, param, ctx)))
