"""Value types of arguments and options, with plain error messages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click

from map4.core.base.text import age_of, read_clock
from map4.errors import UsageError


class PathArgument(click.Path):
    """A path; rejects an empty value and an option in its place."""

    def __init__(self, *, allow_dash: bool = False) -> None:
        super().__init__(path_type=str, allow_dash=allow_dash)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if isinstance(param, click.Option) and ctx is not None:
            options = {
                name for option in ctx.command.get_params(ctx) for name in (*option.opts, *option.secondary_opts)
            }
            if value in options:
                self.fail(
                    f"its value is missing; '{value}' is an option (write ./{value} for a file of this name)",
                    param,
                    ctx,
                )
        from map4.core.base.paths import path_text  # with `pathlib`

        return path_text(str(super().convert(value, param, ctx)))


class Name(click.Choice[str]):
    """One of several names; an error suggests the closest name."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """The error for an unknown name, with the closest name or all names."""
        return f"'{value}' is not a valid value; {UsageError.did_you_mean(str(value), self.choices)}"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """The names, on one line."""
        return f"Choose from {', '.join(self.choices)}"


class Number(click.FloatRange):
    """A number, optionally within a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or _is_outside(self, number):
            self.fail(f"'{value}' is not a number{_limits_text(self)}", param, ctx)
        return number


class Minutes(Number):
    """A length in minutes, optionally within a range: 90, 90m, 1h30, 1:30:00."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        minutes = round(_seconds(value, bare_s=60.0) / 60.0, 6)
        if not math.isfinite(minutes) or _is_outside(self, minutes):
            message = f"'{value}' is not a number of minutes{_limits_text(self)}; write 90, 90m, 1h30 or 1:30:00"
            self.fail(message, param, ctx)
        return minutes


def _seconds(value: Any, bare_s: float = 1.0) -> float:
    """The seconds of a number in units of `bare_s`, or of a length; NaN if it is neither."""
    try:
        return bare_s * float(value)
    except ValueError:
        seconds = read_clock(str(value))
        return math.nan if seconds is None else seconds


class WholeNumber(click.IntRange):
    """A whole number, optionally within a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(value)
        except ValueError:
            number = None
        if number is None or _is_outside(self, number):
            self.fail(f"'{value}' is not a whole number{_limits_text(self)}", param, ctx)
        return number


def _is_outside(limits: Number | WholeNumber, number: float) -> bool:
    low, high = limits.min, limits.max
    too_low = low is not None and (number <= low if limits.min_open else number < low)
    return too_low or (high is not None and number > high)


def _limits_text(limits: Number | WholeNumber) -> str:
    low, high = limits.min, limits.max
    if low is None:
        return ""
    return f"{' above' if limits.min_open else ' from'} {low:g}" + ("" if high is None else f" to {high:g}")


class Age(click.ParamType[timedelta]):
    """A duration up to 100 years: 90m, 12h, 30d, 2w."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            return age_of(str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Seconds(click.ParamType[float]):
    """A time limit in seconds: 90, 90s, 5m, 1:30."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:

        from map4.settings import Config

        seconds = _seconds(value)
        if not Config.LEAST_SECONDS <= seconds <= Config.MOST_SECONDS:  # NaN is in no range
            bounds = f"from {Config.LEAST_SECONDS:g} to {Config.MOST_SECONDS:.0f}"
            self.fail(f"'{value}' is not a number of seconds {bounds}; write 90, 90s or 5m", param, ctx)
        return seconds
