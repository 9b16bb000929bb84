"""Types of the values that arguments and options take; each says in plain words what a value is not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click

from map4.base.given_paths import path_text
from map4.errors import UsageError


class PathArgument(click.Path):
    """A path; an empty one, and an option in its place, are refused before anything is opened."""

    def __init__(self, *, allow_dash: bool = False) -> None:
        super().__init__(path_type=str, allow_dash=allow_dash)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if isinstance(param, click.Option) and ctx is not None:
            options = {name for one in ctx.command.get_params(ctx) for name in (*one.opts, *one.secondary_opts)}
            if value in options:
                self.fail(
                    f"its value is missing; '{value}' is an option, and ./{value} a path of this name", param, ctx
                )
        return path_text(str(super().convert(value, param, ctx)))


class Name(click.Choice[str]):
    """One of a few names; for another one that is near is offered."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Say which there are, or which was probably meant."""
        from map4.base.near_names import did_you_mean

        return f"'{value}' is none of its values; {did_you_mean(str(value), self.choices)}"


class Number(click.FloatRange):
    """A number, within a range where one is given."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or _is_outside(self, number):
            self.fail(f"'{value}' is no number{_between(self)}", param, ctx)
        return number


class WholeNumber(click.IntRange):
    """A whole number, within a range where one is given."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(value)
        except ValueError:
            number = None
        if number is None or _is_outside(self, number):
            self.fail(f"'{value}' is no whole number{_between(self)}", param, ctx)
        return number


def _is_outside(limits: Number | WholeNumber, number: float) -> bool:
    low, high = limits.min, limits.max
    too_low = low is not None and (number <= low if limits.min_open else number < low)
    return too_low or (high is not None and number > high)


def _between(limits: Number | WholeNumber) -> str:
    low, high = limits.min, limits.max
    if low is None:
        return ""
    return f"{' above' if limits.min_open else ' from'} {low:g}" + ("" if high is None else f" to {high:g}")


class Age(click.ParamType[timedelta]):
    """A span of time up to a century: 90m, 12h, 30d, 2w."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from map4.scan import age_of

        if isinstance(value, timedelta):
            return value
        try:
            return age_of(str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Seconds(click.ParamType[float]):
    """A number of seconds that something may take."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from map4.settings import LEAST_SECONDS, MOST_SECONDS

        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not LEAST_SECONDS <= seconds <= MOST_SECONDS:  # not a number is in no range
            self.fail(f"'{value}' is no number of seconds from {LEAST_SECONDS:g} to {MOST_SECONDS:.0f}", param, ctx)
        return seconds
