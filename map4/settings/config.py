"""Settings: command line > environment > map4.toml > defaults, each with where it came from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from map4.audio.decoder import DEFAULT_DECODER
from map4.base.keys import FILE, secret_of
from map4.base.near_names import did_you_mean
from map4.base.regular_files import read_regular
from map4.base.user_folders import user_file
from map4.care.backups import USUAL_KEPT
from map4.errors import ConfigError
from map4.music.track.sources import DEFAULT_PREFERENCE
from map4.settings import values as read

CONFIG_ENVIRONMENT = "MAP4_CONFIG"
# A time-out may be short to the point of folly, or half a month; beyond that it is a slip.
LEAST_SECONDS = 0.1
MOST_SECONDS = 1e6
LEAST_HOURS, MOST_HOURS = 0.01, 48
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its dotted name in map4.toml, how it is read, its default and what it means.

    shown: the value as it may be told, where a part of it is secret; None where nothing is
    """

    name: str
    read: Callable[[Any], Any]
    default: Callable[[], Any]
    help: str
    is_named_whole: bool = False
    shown: Callable[[Any], Any] | None = None

    @property
    def variable(self) -> str:
        """Its environment variable: MAP4_ and the last part of the name (`scan.jobs` is MAP4_JOBS), or all of it."""
        name = self.name if self.is_named_whole else self.name.rsplit(".", 1)[-1]
        return "MAP4_" + name.replace(".", "_").upper()

    def told(self, value: Any) -> Any:
        """A value without what is secret of it."""
        return value if self.shown is None else self.shown(value)

    def in_environment(self, environment: Mapping[str, str]) -> tuple[str, str | None]:
        """The variable that it is in, and what that says; a secret may stand in a file that another one names."""
        if self.shown is None or not environment.get(self.variable + FILE):
            return self.variable, environment.get(self.variable) or None
        return self.variable + FILE, secret_of(environment, self.variable) or None

    def value_of(self, said: Any, called: str) -> Any:
        """What a value stands for; `called` says where it comes from."""
        try:
            return self.read(said)
        except (ValueError, TypeError) as error:
            shown = self.told(said)
            told = ", ".join(map(str, shown)) if isinstance(shown, (list, tuple)) else repr(shown)
            raise ConfigError(f"{called} is {told}, but {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredValue:
    """A setting's value with its origin: "command line", "environment", the configuration file, or "default"."""

    value: Any
    origin: str


def _default_library() -> str:
    return user_file("data", "library.map4")


def _usable_cores() -> int:
    from map4.base.cores import usable_cores

    return usable_cores()


def _default_model() -> str:
    from map4.labels.providers.claude import DEFAULT_MODEL

    return DEFAULT_MODEL


_SECONDS = read.number("a number of seconds", LEAST_SECONDS, MOST_SECONDS, "600")
_HOURS = read.number("a number of hours", LEAST_HOURS, MOST_HOURS, "2")
_GB = read.number("a number of GB", 0, 1e6, "10")

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "library", read.library, _default_library, "the library: a file, or postgresql://… of a database",
        shown=read.without_password,
    ),
    Setting("shared", read.path, lambda: None, "folder for what lies beside a library in a database, of all machines"),
    Setting(
        "analysis.prefer", read.sources, lambda: DEFAULT_PREFERENCE, "which tempo and key count where you have set none"
    ),
    Setting("analysis.tempo_certainty", read.certainty, lambda: None, "how sure tempi are, fitted to yours"),
    Setting("analysis.key_certainty", read.certainty, lambda: None, "how sure keys are, fitted to yours"),
    Setting("analysis.decoder", read.decoder, lambda: DEFAULT_DECODER, "what decodes audio: module:callable or a name"),
    Setting("scan.jobs", read.whole(1, 4), _usable_cores, "worker processes"),
    Setting("scan.exclude", read.texts, tuple, "patterns of files and folders to leave out"),
    Setting("scan.timeout", _SECONDS, lambda: None, "seconds a file may take; unset grows with its size"),
    Setting(
        "backup.folder", read.path, lambda: None, "where 'map4 serve' keeps a backup of each day", is_named_whole=True
    ),
    Setting("backup.keep", read.whole(1, 7), lambda: USUAL_KEPT, "so many of these are kept", is_named_whole=True),
    Setting("serve.upload_hours", _HOURS, lambda: 2.0, "hours of audio that 'map4 serve' analyses of an upload"),
    Setting("serve.tls", read.choice("1.2", "1.3"), lambda: "1.3", "the oldest TLS that 'map4 serve --cert' speaks"),
    Setting("serve.proxies", read.networks, tuple, "addresses and networks of proxies before 'map4 serve'"),
    Setting("serve.base_path", read.base_path, lambda: "", "what addresses of 'map4 serve' begin with, such as /map4"),
    Setting("serve.allow_origins", read.origins, tuple, "pages of other hosts that may ask 'map4 serve'"),
    Setting("serve.user_header", read.header, lambda: None, "header in which a proxy of serve.proxies says who asks"),
    Setting(
        "serve.new_accounts", read.choice("no", "viewer", "user"), lambda: "no",
        "role of accounts that are made for people whom serve.user_header names",
    ),
    Setting(
        "serve.metrics_from", read.networks, tuple, "addresses and networks that may read /metrics without a token"
    ),
    Setting(
        "serve.notify", read.notify, lambda: None, "where 'map4 serve' sends its warnings", shown=read.without_path
    ),
    Setting("serve.sentry", read.sentry, lambda: None, "where mistakes are reported, if set", shown=read.without_path),
    Setting("serve.log", read.log_place, lambda: "text", "the log of 'map4 serve': text, json, or a folder of files"),
    Setting("serve.log_days", read.log_days, lambda: read.LOG_DAYS, "days that lines of each level are kept in files"),
    Setting(
        "serve.requests_per_minute", read.whole(0, 12_000), lambda: 12_000,
        "requests that 'map4 serve' answers a token, a session or an address; 0 for all",
    ),
    Setting("serve.upload_gb_per_day", _GB, lambda: 10.0, "GB of audio that an account may send to 'map4 serve'"),
    Setting(
        "serve.redis", read.redis, lambda: None, "where several servers count, and share answers",
        shown=read.without_secret,
    ),
    Setting("playlist.presets", read.presets, dict, "presets of your own for 'map4 playlist'"),
    Setting("classify.model", read.text, _default_model, "Claude's model that labels tracks"),
    Setting("classify.base_url", read.address, read.default_base_url, "where Claude answers"),
    Setting(
        "classify.models", read.tables(read.OF_MODEL, "[classify.models.local]"), dict,
        "names for other models that label tracks",
    ),
    Setting(
        "providers", read.tables(read.OF_PROVIDER, "[providers.musicbrainz]"), dict,
        "which providers 'map4 lookup' asks, and how",
    ),
    Setting(
        "output.key_notation", read.choice("camelot", "openkey", "musical"), lambda: "camelot", "how keys are shown"
    ),
    Setting("output.color", read.choice("auto", "always", "never"), lambda: "auto", "when to use colour"),
    Setting("output.pictures", read.choice("none", "kitty"), lambda: "none", "how the terminal shows pictures"),
)  # fmt: skip


MEMBERS: Mapping[str, Mapping[str, tuple[tuple[type, ...], str]]] = {
    "providers": read.OF_PROVIDER,
    "classify.models": read.OF_MODEL,
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

    def told(self, name: str) -> Any:
        """A setting without what is secret of it."""
        return next(setting for setting in SETTINGS if setting.name == name).told(self[name])

    def said(self, name: str, value: Any, option: str) -> Any:
        """What an option says in the place of a setting; the setting, where it says nothing."""
        setting = next(setting for setting in SETTINGS if setting.name == name)
        return setting.value_of(value, option) if value else self[name]

    def in_place_of_file(self, name: str) -> str | None:
        """What counts in place of what the file says: the command line, or a variable; None where the file does."""
        found = next((self._given(one) for one in SETTINGS if f"{name}.".startswith(f"{one.name}.")), None)
        return None if found is None or found.origin == self.file else found.origin

    def _value(self, setting: Setting) -> ConfiguredValue:
        return self._given(setting) or ConfiguredValue(value=setting.default(), origin="default")

    def _given(self, setting: Setting) -> ConfiguredValue | None:
        variable, said = setting.in_environment(self._environment)
        for origin, called, value in (
            ("command line", f"{setting.name} on the command line", self._overrides.get(setting.name)),
            (f"environment ({variable})", f"the variable {variable}", said),
            (self.file, f"{setting.name} in {self.file}", self._from_file.get(setting.name)),
        ):
            if value is not None:
                return ConfiguredValue(value=setting.value_of(value, called), origin=origin)
        return None


_MOVED = {"metadata.prefer": "each library has its own: take it out here, and see 'map4 tags prefer'"}
"""Settings of former versions, and what is there in their place."""


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
            raise ConfigError(f"unknown setting '{name}' in {path}; {_MOVED.get(name) or did_you_mean(name, names)}")
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
