"""Settings and their kinds of values: command line > environment > map4.toml > defaults, each with its origin."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from map4.core.base.declaration import Setting, load
from map4.core.base.declarations import in_order
from map4.core.base.keys import FILE, secret_of
from map4.core.base.paths import command_line, is_database, shown_address, user_file
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import whole_number
from map4.errors import ConfigError, UsageError

# Timeouts up to about twelve days; anything beyond is a typo.


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
        hint = UsageError.meant(UsageError.near(str(value), choices))
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
    return number(value, "a number of seconds", Config.LEAST_SECONDS, Config.MOST_SECONDS, "600")


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
                raise ValueError(f"knows no {name}.{key}; {UsageError.did_you_mean(key, list(setting.members))}")
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


CONFIG_ENVIRONMENT = "MAP4_CONFIG"
MOST_BYTES = 1_000_000

SETTINGS: Mapping[str, Setting] = {setting.name: setting for setting in in_order(lambda each: each.settings)}
"""Every declared setting, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredValue:
    """A setting's value with its origin: "command line", "environment", the configuration file, or "default"."""

    value: Any
    origin: str


def shown_value(setting: Setting, value: Any) -> Any:
    """A value without secrets."""
    return load(setting.shown)(value) if setting.shown else value


def plain_text(value: Any) -> str:
    """A value as the environment and `map4 config set` take it."""
    return ",".join(value) if isinstance(value, tuple) else str(value)


def default_of(setting: Setting) -> Any:
    """The default of a setting."""
    default = load(setting.default_target) if setting.default_target else setting.default
    if callable(default):
        return default()
    return dict(default) if isinstance(default, dict) else default


def value_of(setting: Setting, given: Any, called: str) -> Any:
    """Parse the value of a setting from text or TOML.

    called: its origin, for error messages
    raises ConfigError: if the value is invalid
    """
    try:
        value = READERS[setting.reader](given, *((setting,) if setting.members else setting.arguments))
        return load(setting.check)(value) if setting.check else value
    except (ValueError, TypeError) as error:
        shown = shown_value(setting, given)
        text = ", ".join(map(str, shown)) if isinstance(shown, (list, tuple)) else repr(shown)
        raise ConfigError(f"{called} is {text}, but {error}") from None


class Config:
    """All settings of one run.

    overrides: from the command line, by setting name; None means not given
    environment: such as `os.environ`
    file: a configuration file that must exist; None means the user's file, if it exists
    """

    MOST_SECONDS: ClassVar[float] = 1e6
    LEAST_SECONDS: ClassVar[float] = 0.1

    def __init__(self, overrides: Mapping[str, Any], environment: Mapping[str, str], file: str | None = None) -> None:
        explicit = file or environment.get(CONFIG_ENVIRONMENT)
        self.file = explicit or user_file("config", "map4.toml")
        self._overrides = overrides
        self._environment = environment
        called = self.file if file or not explicit else f"{self.file} (named by {CONFIG_ENVIRONMENT})"
        self._from_file = _read_file(self.file, called, must_exist=explicit is not None)
        for setting in SETTINGS.values():  # report an invalid setting immediately, not when first needed
            self._given(setting)

    def values(self) -> dict[str, ConfiguredValue]:
        return {name: self._value(setting) for name, setting in SETTINGS.items()}

    def __getitem__(self, name: str) -> Any:
        return self._value(SETTINGS[name]).value

    def get(self, name: str, default: Any = None) -> Any:
        """A setting that an extra may declare."""
        return self[name] if name in SETTINGS else default

    def shown(self, name: str) -> Any:
        """A setting without secrets."""
        return shown_value(SETTINGS[name], self[name])

    def overridden(self, name: str, value: Any, option: str) -> Any:
        """The value of an option that overrides a setting; the setting if the option is empty."""
        return value_of(SETTINGS[name], value, option) if value else self[name]

    def ignored(self, stored: object) -> Iterator[str]:
        """A sentence for each setting with another value than the library keeps.

        stored: the preferences of the library
        """
        for setting in SETTINGS.values():
            given = self._given(setting) if setting.preference else None
            if given is not None and given.value != (own := getattr(stored, setting.preference)):
                command = command_line("map4", "config", "set", setting.name, plain_text(given.value))
                yield (
                    f"{setting.name} from {given.origin} has no effect, since the library keeps "
                    f"{plain_text(own) or 'none'}; remove it there, or run {command}"
                )

    def in_place_of_file(self, name: str) -> str | None:
        """What overrides the file for a setting: the command line or a variable; None if nothing does."""
        setting = setting_of(name)
        given = None if setting is None else self._given(setting)
        return None if given is None or given.origin == self.file else given.origin

    def _value(self, setting: Setting) -> ConfiguredValue:
        return self._given(setting) or ConfiguredValue(value=default_of(setting), origin="default")

    def _given(self, setting: Setting) -> ConfiguredValue | None:
        variable, in_variable = _read_environment(setting, self._environment)
        for origin, called, value in (
            ("command line", f"{setting.name} on the command line", self._overrides.get(setting.name)),
            (f"environment ({variable})", f"the variable {variable}", in_variable),
            (self.file, f"{setting.name} in {self.file}", self._from_file.get(setting.name)),
        ):
            if value is not None:
                return ConfiguredValue(value=value_of(setting, value, called), origin=origin)
        return None


def setting_of(name: str) -> Setting | None:
    """The setting with this name or member, such as `providers.musicbrainz.contact`."""
    return next((setting for setting in SETTINGS.values() if f"{name}.".startswith(f"{setting.name}.")), None)


def _read_environment(setting: Setting, environment: Mapping[str, str]) -> tuple[str, str | None]:
    """The environment variable of a setting and its text; a secret may be in a file named by NAME_FILE."""
    if not setting.shown or not environment.get(setting.variable + FILE):
        return setting.variable, environment.get(setting.variable) or None
    return setting.variable + FILE, secret_of(environment, setting.variable) or None


_NO_EXTRA = "remove it, or install the extra that it belongs to (see 'map4 help install')"


def _read_file(path: str, called: str, *, must_exist: bool) -> dict[str, Any]:
    try:
        data = OnDisk(path).read(most_bytes=MOST_BYTES)
    except FileNotFoundError:
        if must_exist:
            raise ConfigError(f"the configuration file {called} does not exist") from None
        return {}
    except OSError as error:
        raise ConfigError(f"the configuration file {called} can't be read: {error.strerror}") from None
    import tomllib  # most users have no such file

    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"the configuration file {called} is not valid TOML: {error}") from None
    flat = _flatten(content, SETTINGS)
    for name in flat:
        if name not in SETTINGS:
            hint = UsageError.meant(UsageError.near(name, SETTINGS)) or _NO_EXTRA
            raise ConfigError(f"unknown setting '{name}' in {path}; {hint}")
    return flat


def _flatten(table: Mapping[str, Any], names: Collection[str], prefix: str = "") -> dict[str, Any]:
    """Flatten nested tables to dotted names, except tables that are the value of a setting."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict) and prefix + key not in names:
            flat |= _flatten(value, names, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
