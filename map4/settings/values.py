"""Parsers for values of settings, from environment text or TOML."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import Any

from map4.core.base.declaration import Setting
from map4.core.base.library_address import is_database, shown_address
from map4.core.base.near_names import did_you_mean, meant, near_names
from map4.core.base.text import whole_number
from map4.core.base.user_folders import user_file

# Timeouts up to about twelve days; anything beyond is a typo.
LEAST_SECONDS = 0.1
MOST_SECONDS = 1e6


def path(value: Any) -> str:
    return os.path.abspath(os.path.expanduser(text(value)))


def library(value: Any) -> str:
    return text(value) if is_database(value) else path(value)


def default_library() -> str:
    return user_file("data", "library.map4")


def without_password(library: Any) -> Any:
    """The address of a library without its password."""
    return shown_address(library) if is_database(library) else library


def text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a non-empty text")
    return value


def texts(value: Any) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise ValueError("must be a list of texts, such as *.wav,Podcasts/")
    return tuple(item.strip() for item in items if item.strip())


def choice(value: Any, *choices: str) -> str:
    if value not in choices:
        hint = meant(near_names(str(value), choices))
        raise ValueError(f"must be one of {', '.join(choices)}{hint and '; '}{hint}")
    return str(value)


def switch(value: Any) -> bool:
    if value not in (True, False, "true", "false"):
        raise ValueError("must be true or false")
    return value in (True, "true")


def whole(value: Any, least: int, example: int) -> int:
    number = whole_number(str(value).strip())
    if number is None or number < least:
        raise ValueError(f"must be a whole number from {least}, such as {example}")
    return number


def number(value: Any, name: str, least: float, most: float, example: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (ValueError, TypeError):
        number = math.nan
    if not least <= number <= most:  # NaN is in no range
        raise ValueError(f"must be {name} from {least:g} to {most:.0f}, such as {example}")
    return number


def seconds(value: Any) -> float:
    return number(value, "a number of seconds", LEAST_SECONDS, MOST_SECONDS, "600")


def address(value: Any, example: str) -> str:
    if not text(value).startswith(("https://", "http://")):
        raise ValueError(f"must be an address, such as {example}")
    return str(value)


def table(value: Any, what: str) -> dict[str, Any]:
    import tomllib

    try:
        table = tomllib.loads(value) if isinstance(value, str) else value
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"must be {what} written as TOML: {error}") from None
    if not isinstance(table, Mapping):
        raise ValueError("must be a table")
    return dict(table)


def tables(value: Any, setting: Setting) -> dict[str, dict[str, Any]]:
    tables = table(value, "a table")
    if not all(isinstance(members, Mapping) for members in tables.values()):
        raise ValueError(f"must be tables such as [{setting.example.rpartition('.')[0]}]")
    for name, members in tables.items():
        for key, member in members.items():
            if key not in setting.members:
                raise ValueError(f"knows no {name}.{key}; {did_you_mean(key, list(setting.members))}")
            kinds, what = setting.members[key]
            if type(member) not in kinds:
                raise ValueError(f"{name}.{key} must be {what}")
    return {name: dict(members) for name, members in tables.items()}


READERS: Mapping[str, Callable[..., Any]] = {
    "path": path,
    "library": library,
    "text": text,
    "texts": texts,
    "paths": lambda value: tuple(map(path, texts(value))),
    "choice": choice,
    "switch": switch,
    "whole": whole,
    "number": number,
    "seconds": seconds,
    "address": address,
    "table": table,
    "tables": tables,
}
"""Parsers by the name used in `Setting`; "tables" takes the setting, the others its arguments."""
