"""Whether the user agreed that fields of their tags go to a service: asked once, and again when that changes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from map4.regular_files import open_regular


def default_agreement_path(what: str = "classify") -> str:
    """The file that remembers it, in the user's data folder."""
    from platformdirs import user_data_path

    return str(user_data_path("map4", appauthor=False) / f"{what}-agreed.json")


def has_agreed(host: str, fields: Sequence[str], path: str | None = None) -> bool:
    """Whether the user agreed that these fields go to this host."""
    return host in _agreed_hosts(fields, path or default_agreement_path())


def _agreed_hosts(fields: Sequence[str], path: str) -> list[str]:
    """Hosts that the user agreed to send these fields to."""
    try:
        with open_regular(path) as file:
            agreed = json.load(file)
        return [str(host) for host in agreed["hosts"]] if set(fields) <= set(agreed["fields"]) else []
    except (OSError, ValueError, TypeError, KeyError):  # not there, or not ours: then it is asked again
        return []


def agree(host: str, fields: Sequence[str], path: str | None = None) -> None:
    """Remember that the user agreed; where that can't be written, they are asked again next time."""
    target = path or default_agreement_path()
    hosts = [*_agreed_hosts(fields, target), host]
    try:
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        with open(target, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            json.dump({"hosts": hosts, "fields": list(fields)}, file)
    except OSError:
        return
