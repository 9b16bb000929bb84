"""The available language models, their addresses and their keys."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

from map4.core.base.keys import key_in
from map4.errors import UsageError
from map4.extras.shared.chat_completions import ChatCompletions
from map4.extras.shared.claude import DEFAULT_BASE_URL, DEFAULT_MODEL, KEY_VARIABLE, Claude
from map4.extras.shared.http_answers import is_this_machine, parts_of
from map4.extras.shared.language_model import ModelService

CLAUDE, OPENAI = Claude.provider, ChatCompletions.provider
_OPENAI_URL = "https://api.openai.com/v1"
_KEY_VARIABLES = {"api.openai.com": "OPENAI_API_KEY", "generativelanguage.googleapis.com": "GEMINI_API_KEY"}
"""Default environment variables of keys by host. No other host receives one of these keys."""

Models = Mapping[str, Mapping[str, str]]
"""The setting `classify.models`: by name, `provider`, `model`, `url`, `token_env`."""


def service_named(
    name: str, models: Models, *, model: str | None = None, base_url: str | None = None, local_only: bool = False
) -> ModelService | None:
    """Return the service of a name; None if the name is not a service.

    name: "claude", "openai", or a name of `models`; optionally with model and address: `openai:MODEL@URL`
    model, base_url: override the name's
    local_only: reject any address except this machine's
    """
    entry = models.get(name)
    if entry is None:
        first, _, rest = name.partition(":")
        named, at, url = rest.rpartition("@http")
        given = {"model": named if at else rest, "url": f"http{url}" if at else ""}
        entry = {"provider": first, **models.get(first, {}), **{part: text for part, text in given.items() if text}}
    provider = entry.get("provider", OPENAI)
    if provider not in (CLAUDE, OPENAI):
        if name in models:
            raise UsageError(f"classify.models.{name}.provider is claude or openai, not '{provider}'")
        return None
    model = model or entry.get("model") or (DEFAULT_MODEL if provider == CLAUDE else None)
    if model is None:
        raise UsageError(f"{name} needs the name of a model; set classify.models.NAME.model, and use --provider NAME")
    url = base_url or entry.get("url") or (DEFAULT_BASE_URL if provider == CLAUDE else _OPENAI_URL)
    host = _checked_host(url)
    variable = entry.get("token_env") or (KEY_VARIABLE if provider == CLAUDE else _KEY_VARIABLES.get(host))
    key = key_in(variable) if variable else ""
    is_local = local_only or is_this_machine(host)
    if local_only:  # query the checked address, as the name may resolve differently a moment later
        url = _local_address(url)
    if urlsplit(url).scheme == "http" and not is_local and key:
        raise UsageError(f"http://{host} would be sent your key for anyone to read; use https")
    make = Claude if provider == CLAUDE else ChatCompletions
    return make(model=model, base_url=url, key=key, key_variable=variable, is_local=is_local)


def _checked_host(url: str) -> str:
    parts = parts_of(url)
    if parts is None:
        raise UsageError(f"the address of a model is such as {DEFAULT_BASE_URL} or http://localhost:11434/v1")
    if parts.username or parts.password:
        raise UsageError(
            "the address of a model must not contain a password; the key comes from an environment variable"
        )
    return str(parts.hostname)


def _local_address(url: str) -> str:
    """Return the address with the host's IP number; all its numbers must belong to this machine."""
    parts, numbers = urlsplit(url), list[str]()
    try:
        numbers = [str(ipaddress.ip_address(parts.hostname or ""))]
    except ValueError:
        with suppress(OSError, UnicodeError):
            addresses = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
            numbers = [str(address[0]) for *_, address in sorted(addresses, key=lambda address: address[0])]
    if not numbers or not all(map(is_this_machine, numbers)):
        raise UsageError(f"{parts.hostname} is not this machine, which --local-only requires")
    number = f"[{numbers[0]}]" if ":" in numbers[0] else numbers[0]
    return urlunsplit(parts._replace(netloc=f"{number}:{parts.port}" if parts.port else number))
