"""How the values of settings are read: what a text of the environment or a value of TOML stands for."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from map4.audio.decoder import DEFAULT_DECODER, decoder_names
from map4.base.library_address import is_database, shown_address
from map4.base.near_names import did_you_mean, meant, near_names
from map4.errors import UsageError
from map4.music.track.sources import DEFAULT_PREFERENCE

_MAPPED_BITS = 96
"""Before the bits of IPv4 in an address of IPv6."""
_ORIGIN = re.compile(r"file://|[A-Za-z][A-Za-z0-9+.-]*://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_PART = re.compile(r"[A-Za-z0-9._~-]+")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_HIDDEN = "***"
_MOST_DAYS = 3650
_NTFY = "ntfy:"
_DSN = re.compile(r"https?://[A-Za-z0-9]+(:[A-Za-z0-9]*)?@[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._-]+)*/[0-9]+")
_TO_HOST = re.compile(r"((?:ntfy:)?https?://)(?:[^/?#@]*@)?([^/?#@]+)")


def path(value: Any) -> str:
    return os.path.abspath(os.path.expanduser(text(value)))


def library(value: Any) -> str:
    return text(value) if is_database(value) else path(value)


def without_password(library: Any) -> Any:
    """A library as it may be told."""
    return shown_address(library) if is_database(library) else library


def text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text, and not an empty one")
    return value


def choice(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            hint = meant(near_names(str(value), choices))
            raise ValueError(f"must be one of {', '.join(choices)}{hint and '; '}{hint}")
        return str(value)

    return read


def whole(least: int, example: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        number = str(value).strip()
        if not number.isdecimal() or int(number) < least:
            raise ValueError(f"must be a whole number from {least}, such as {example}")
        return int(number)

    return read


def number(name: str, least: float, most: float, example: str) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (ValueError, TypeError):
            number = math.nan
        if not least <= number <= most:  # not a number is in no range
            raise ValueError(f"must be {name} from {least:g} to {most:.0f}, such as {example}")
        return number

    return read


def networks(value: Any) -> tuple[str, ...]:
    from ipaddress import IPv6Network, ip_network

    found = []
    for said in texts(value):
        try:
            network = ip_network(said)
        except ValueError as error:
            hint = "its last bits must be 0" if "host bits" in str(error) else "names are not looked up"
            raise ValueError(f"{said} is no address or network, such as 192.168.0.2 or 172.16.0.0/12; {hint}") from None
        mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
        if mapped is not None and network.prefixlen >= _MAPPED_BITS:
            network = ip_network((mapped, network.prefixlen - _MAPPED_BITS))
        if network.prefixlen == 0:
            raise ValueError(f"{said} is everybody; name the addresses that are meant")
        found.append(str(network))
    return tuple(found)


def origins(value: Any) -> tuple[str, ...]:
    found = []
    for said in texts(value):
        origin = said.rstrip("/") if said != "file://" else said
        if origin == "*":
            raise ValueError("* is every page there is; name each one, such as https://player.example")
        if origin != "null" and not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{said} is no origin, such as https://player.example or http://localhost:4343")
        found.append(origin if origin in ("null", "file://") else origin.lower())
    return tuple(found)


def base_path(value: Any) -> str:
    path = text(value).rstrip("/")
    parts = path.split("/")[1:]
    if path and (path[0] != "/" or any(not _PART.fullmatch(part) or set(part) == {"."} for part in parts)):
        raise ValueError("must be the beginning of an address, such as /map4")
    return path


def header(value: Any) -> str:
    if not _HEADER.fullmatch(text(value)):
        raise ValueError("must be the name of a header, such as Remote-User")
    return str(value)


def redis(value: Any) -> str:
    if not text(value).startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must be the address of a Redis, such as redis://localhost:6379/0")
    return str(value)


def notify(value: Any) -> str:
    from urllib.parse import urlsplit

    said = text(value)
    try:
        parts = urlsplit(said.removeprefix(_NTFY))
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port)
    except ValueError:
        is_address = False
    if not is_address or not all("!" <= letter <= "~" for letter in said):
        raise ValueError("must be an address, such as https://hooks.example.org/map4 or ntfy:https://ntfy.sh/TOPIC")
    return said


LOG_DAYS = ("info:7", "warning:30", "error:90")


def log_place(value: Any) -> str:
    said = text(value)
    folder = os.path.expanduser(said)
    if said not in ("text", "json") and not os.path.isabs(folder):
        raise ValueError("must be text, json, or a folder by its whole path, such as /var/log/map4")
    return folder


def log_days(value: Any) -> tuple[str, ...]:
    found = dict(one.split(":") for one in LOG_DAYS)
    for one in texts(value):
        level, _, days = one.partition(":")
        if level not in found or not days.isdecimal() or not 0 < int(days) <= _MOST_DAYS:
            raise ValueError(
                f"must say for how many days (1-{_MOST_DAYS}) which level is kept, such as info:7,error:90"
            )
        found[level] = days
    return tuple(f"{level}:{days}" for level, days in found.items())


def sentry(value: Any) -> str:
    if not _DSN.fullmatch(text(value)):
        raise ValueError(
            "must be the address (DSN) that Sentry gives a project, such as https://KEY@sentry.example.org/1"
        )
    return str(value)


def without_path(address: Any) -> Any:
    """An address whose path is as secret as a password: its host alone."""
    if not isinstance(address, str):
        return address
    found = _TO_HOST.match(address)
    return f"{found[1]}{found[2]}/{_HIDDEN}" if found else _HIDDEN


def without_secret(address: Any) -> Any:
    """An address as it may be told: a password may stand before an @, or behind `password=`."""
    if not isinstance(address, str):
        return address
    return re.sub(r"(password=)[^&]*", rf"\1{_HIDDEN}", re.sub(r"(?s)^(\w+://)?.*@", rf"\1{_HIDDEN}@", address))


def decoder(value: Any) -> str:
    module, colon, name = text(value).partition(":")
    if (module and name) or (not colon and module in decoder_names()):
        return str(value)
    there = f" ({', '.join(decoder_names())})" if decoder_names() else ""
    raise ValueError(
        f"must be written as module:callable, such as {DEFAULT_DECODER}, or be the name of a decoder that another "
        f"package brings along{there}"
    )


def address(value: Any) -> str:
    if not text(value).startswith(("https://", "http://")):
        raise ValueError(f"must be an address, such as {default_base_url()}")
    return str(value)


def texts(value: Any) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise ValueError("must be a list of texts, such as *.wav,Podcasts/")
    return tuple(item.strip() for item in items if item.strip())


def sources(value: Any) -> tuple[str, ...]:
    sources = texts(value)
    if "provider" not in sources:  # as it was written before there were any
        sources = (*sources, "provider")
    if sorted(sources) != sorted(DEFAULT_PREFERENCE):
        raise ValueError("must order measured, imported, tag and provider, such as imported,measured,tag,provider")
    return sources


def certainty(value: Any) -> str:
    from map4.music.analysis.certainty import FittedCertainty  # with it come the records of analyses

    return str(FittedCertainty.of_text(text(value)))


OF_PROVIDER: Mapping[str, tuple[tuple[type, ...], str]] = {
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


OF_MODEL: Mapping[str, tuple[tuple[type, ...], str]] = {
    "provider": ((str,), "claude or openai"),
    "model": ((str,), "the name of a model"),
    "url": ((str,), "an address"),
    "token_env": ((str,), "the name of a variable"),
}


def tables(
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


def presets(value: Any) -> dict[str, Any]:
    from map4.lists.playlist.request import read_presets

    found = _table(value, "presets")
    try:
        read_presets(found)
    except UsageError as error:
        raise ValueError(f"must be presets: {error}") from None
    return dict(found)


def default_base_url() -> str:
    from map4.labels.providers.claude import DEFAULT_BASE_URL

    return DEFAULT_BASE_URL
