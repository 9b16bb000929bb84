"""Settings: command line > environment > map4.toml > defaults, each with where it came from."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from map4.domain.near_names import did_you_mean, meant, near_names
from map4.domain.track.sources import DEFAULT_METADATA_PREFERENCE, DEFAULT_PREFERENCE
from map4.errors import ConfigError, UsageError
from map4.infra.audio.decoder import DEFAULT_DECODER, decoder_names
from map4.infra.user_folders import user_file
from map4.regular_files import read_regular

CONFIG_ENVIRONMENT = "MAP4_CONFIG"
# A time-out may be short to the point of folly, or half a month; beyond that it is a slip.
LEAST_SECONDS = 0.1
MOST_SECONDS = 1e6
LEAST_HOURS, MOST_HOURS = 0.01, 48
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its dotted name in map4.toml, how it is read, its default and what it means."""

    name: str
    read: Callable[[Any], Any]
    default: Callable[[], Any]
    help: str
    is_named_whole: bool = False

    @property
    def variable(self) -> str:
        """Its environment variable: MAP4_ and the last part of the name (`scan.jobs` is MAP4_JOBS), or all of it."""
        name = self.name if self.is_named_whole else self.name.rsplit(".", 1)[-1]
        return "MAP4_" + name.replace(".", "_").upper()

    def value_of(self, said: Any, called: str) -> Any:
        """What a value stands for; `called` says where it comes from."""
        try:
            return self.read(said)
        except (ValueError, TypeError) as error:
            raise ConfigError(f"{called} is {said!r}, but {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredValue:
    """A setting's value with its origin: "command line", "environment", the configuration file, or "default"."""

    value: Any
    origin: str


def _path(value: Any) -> str:
    return os.path.abspath(os.path.expanduser(_text(value)))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text, and not an empty one")
    return value


def _choice(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            hint = meant(near_names(str(value), choices))
            raise ValueError(f"must be one of {', '.join(choices)}{hint and '; '}{hint}")
        return str(value)

    return read


def _jobs(value: Any) -> int:
    number = str(value).strip()
    if not number.isdecimal() or int(number) < 1:
        raise ValueError("must be a whole number from 1, such as 4")
    return int(number)


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (ValueError, TypeError):
        seconds = math.nan
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:  # not a number is in no range
        raise ValueError(f"must be a number of seconds from {LEAST_SECONDS:g} to {MOST_SECONDS:.0f}, such as 600")
    return seconds


def _hours(value: Any) -> float:
    try:
        hours = math.nan if isinstance(value, bool) else float(value)
    except (ValueError, TypeError):
        hours = math.nan
    if not LEAST_HOURS <= hours <= MOST_HOURS:
        raise ValueError(f"must be a number of hours from {LEAST_HOURS:g} to {MOST_HOURS:g}, such as 2")
    return hours


def _decoder(value: Any) -> str:
    module, colon, name = _text(value).partition(":")
    if (module and name) or (not colon and module in decoder_names()):
        return str(value)
    there = f" ({', '.join(decoder_names())})" if decoder_names() else ""
    raise ValueError(
        f"must be written as module:callable, such as {DEFAULT_DECODER}, or be the name of a decoder that another "
        f"package brings along{there}"
    )


def _address(value: Any) -> str:
    if not _text(value).startswith(("https://", "http://")):
        raise ValueError(f"must be an address, such as {_default_base_url()}")
    return str(value)


def _texts(value: Any) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise ValueError("must be a list of texts, such as *.wav,Podcasts/")
    return tuple(item.strip() for item in items if item.strip())


def _sources(value: Any) -> tuple[str, ...]:
    sources = _texts(value)
    if "provider" not in sources:  # as it was written before there were any
        sources = (*sources, "provider")
    if sorted(sources) != sorted(DEFAULT_PREFERENCE):
        raise ValueError("must order measured, imported, tag and provider, such as imported,measured,tag,provider")
    return sources


def _metadata_sources(value: Any) -> tuple[str, ...]:
    sources = _texts(value)
    if sorted(sources) != sorted(DEFAULT_METADATA_PREFERENCE):
        raise ValueError("must order tag, provider and imported, such as provider,tag,imported")
    return sources


_OF_PROVIDER: Mapping[str, tuple[tuple[type, ...], str]] = {
    "enabled": ((bool,), "true or false"),
    "url": ((str,), "an address"),
    "contact": ((str,), "a text"),
    "token_env": ((str,), "the name of a variable"),
    "interval_s": ((int, float), "a number of seconds"),
    "country": ((str,), "two letters of ISO 3166, such as DE"),
}


def _table(value: Any, what: str) -> Mapping[str, Any]:
    import tomllib

    try:
        table = tomllib.loads(value) if isinstance(value, str) else value
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"must be {what} written as TOML: {error}") from None
    if not isinstance(table, Mapping):
        raise ValueError("must be a table")
    return table


_OF_MODEL: Mapping[str, tuple[tuple[type, ...], str]] = {
    "provider": ((str,), "claude or openai"),
    "model": ((str,), "the name of a model"),
    "url": ((str,), "an address"),
    "token_env": ((str,), "the name of a variable"),
}


def _tables(
    known: Mapping[str, tuple[tuple[type, ...], str]], example: str
) -> Callable[[Any], dict[str, dict[str, Any]]]:
    def read(value: Any) -> dict[str, dict[str, Any]]:
        table = _table(value, "a table")
        if not all(isinstance(one, Mapping) for one in table.values()):
            raise ValueError(f"must be tables such as {example}")
        for name, settings in table.items():
            for key, said in settings.items():
                if key not in known:
                    raise ValueError(f"knows no {name}.{key}; {did_you_mean(key, list(known))}")
                kinds, what = known[key]
                if type(said) not in kinds:
                    raise ValueError(f"{name}.{key} must be {what}")
        return {name: dict(settings) for name, settings in table.items()}

    return read


def _presets(value: Any) -> dict[str, Any]:
    from map4.domain.playlist.presets import read_presets

    table = _table(value, "presets")
    try:
        read_presets(table)
    except UsageError as error:
        raise ValueError(f"must be presets: {error}") from None
    return dict(table)


def default_library_path() -> str:
    return user_file("data", "library.map4")


def _usable_cores() -> int:
    from map4.infra.workers.cores import usable_cores

    return usable_cores()


def _default_model() -> str:
    from map4.infra.label_providers.claude import DEFAULT_MODEL

    return DEFAULT_MODEL


def _default_base_url() -> str:
    from map4.infra.label_providers.claude import DEFAULT_BASE_URL

    return DEFAULT_BASE_URL


SETTINGS: tuple[Setting, ...] = (
    Setting("library", _path, default_library_path, "the library file"),
    Setting(
        "analysis.prefer", _sources, lambda: DEFAULT_PREFERENCE, "which tempo and key count where you have set none"
    ),
    Setting(
        "metadata.prefer", _metadata_sources, lambda: DEFAULT_METADATA_PREFERENCE,
        "which artist, title, label and other such fields count where you have set none", is_named_whole=True,
    ),
    Setting("analysis.decoder", _decoder, lambda: DEFAULT_DECODER, "what decodes audio: module:callable or a name"),
    Setting("scan.jobs", _jobs, _usable_cores, "worker processes"),
    Setting("scan.exclude", _texts, tuple, "patterns of files and folders to leave out"),
    Setting("scan.timeout", _seconds, lambda: None, "seconds a file may take; unset grows with its size"),
    Setting("serve.upload_hours", _hours, lambda: 2.0, "hours of audio that 'map4 serve' analyses of an upload"),
    Setting("playlist.presets", _presets, dict, "presets of your own for 'map4 playlist'"),
    Setting("classify.model", _text, _default_model, "Claude's model that labels tracks"),
    Setting("classify.base_url", _address, _default_base_url, "where Claude answers"),
    Setting(
        "classify.models", _tables(_OF_MODEL, "[classify.models.local]"), dict,
        "names for other models that label tracks",
    ),
    Setting(
        "providers", _tables(_OF_PROVIDER, "[providers.musicbrainz]"), dict,
        "which providers 'map4 lookup' asks, and how",
    ),
    Setting("output.key_notation", _choice("camelot", "openkey", "musical"), lambda: "camelot", "how keys are shown"),
    Setting("output.color", _choice("auto", "always", "never"), lambda: "auto", "when to use colour"),
    Setting("output.pictures", _choice("none", "kitty"), lambda: "none", "how the terminal shows pictures"),
)  # fmt: skip


MEMBERS: Mapping[str, Mapping[str, tuple[tuple[type, ...], str]]] = {
    "providers": _OF_PROVIDER,
    "classify.models": _OF_MODEL,
}
"""Of the settings that are tables of tables: what stands in each, of which type, and how that is called."""


class Config:
    """All settings of one run.

    overrides: from the command line, by setting name; None means not given
    environment: such as `os.environ`
    file: a configuration file that must exist; None takes the user's own where there is one
    """

    def __init__(self, overrides: Mapping[str, Any], environment: Mapping[str, str], file: str | None = None) -> None:
        explicit = file or environment.get(CONFIG_ENVIRONMENT)
        self.file = explicit or user_file("config", "map4.toml")
        self._overrides = overrides
        self._environment = environment
        called = self.file if file or not explicit else f"{self.file} (named by {CONFIG_ENVIRONMENT})"
        self._from_file = _read_file(self.file, called, must_exist=explicit is not None)
        for setting in SETTINGS:  # a wrong setting is told at once, not when it is first needed
            self._given(setting)

    def values(self) -> dict[str, ConfiguredValue]:
        return {setting.name: self._value(setting) for setting in SETTINGS}

    def __getitem__(self, name: str) -> Any:
        return self._value(next(setting for setting in SETTINGS if setting.name == name)).value

    def in_place_of_file(self, name: str) -> str | None:
        """What counts in place of what the file says: the command line, or a variable; None where the file does."""
        found = next((self._given(one) for one in SETTINGS if f"{name}.".startswith(f"{one.name}.")), None)
        return None if found is None or found.origin == self.file else found.origin

    def _value(self, setting: Setting) -> ConfiguredValue:
        return self._given(setting) or ConfiguredValue(value=setting.default(), origin="default")

    def _given(self, setting: Setting) -> ConfiguredValue | None:
        for origin, called, value in (
            ("command line", f"{setting.name} on the command line", self._overrides.get(setting.name)),
            (
                f"environment ({setting.variable})",
                f"the variable {setting.variable}",
                self._environment.get(setting.variable) or None,
            ),
            (self.file, f"{setting.name} in {self.file}", self._from_file.get(setting.name)),
        ):
            if value is not None:
                return ConfiguredValue(value=setting.value_of(value, called), origin=origin)
        return None


def _read_file(path: str, called: str, *, must_exist: bool) -> dict[str, Any]:
    try:
        data = read_regular(path, most_bytes=MOST_BYTES)
    except FileNotFoundError:
        if must_exist:
            raise ConfigError(f"the configuration file {called} does not exist") from None
        return {}
    except OSError as error:
        raise ConfigError(f"the configuration file {called} can't be read: {error.strerror}") from None
    import tomllib  # most have no such file

    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"the configuration file {called} is not valid TOML: {error}") from None
    names = [setting.name for setting in SETTINGS]
    flat = _flatten(content, names)
    for name in flat:
        if name not in names:
            raise ConfigError(f"unknown setting '{name}' in {path}; {did_you_mean(name, names)}")
    return flat


def _flatten(table: Mapping[str, Any], names: Collection[str], prefix: str = "") -> dict[str, Any]:
    """Tables in tables as dotted names; a table that is itself the value of a setting is kept."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict) and prefix + key not in names:
            flat |= _flatten(value, names, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
