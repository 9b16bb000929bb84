"""Keys and other secrets, from the environment, a file named there, or the system's keyring only."""

from __future__ import annotations

import os
from collections.abc import Mapping

from map4.core.base.regular_files import OnDisk
from map4.errors import UsageError

FILE = "_FILE"  # suffix of a variable that names a file with the secret, as used by containers
_MOST_BYTES = 10_000
_SERVICE = "map4"  # service name of the keys in the keyring


def key_in(variable: str) -> str:
    """The key of this name; empty if there is none."""
    key = secret_of(os.environ, variable) or _read_keyring(variable)
    # A library that rejects the key in a header or address could print it.
    if not all("!" <= letter <= "~" for letter in key):
        raise UsageError(f"{variable} contains spaces or characters that keys can't have; set it again")
    return key


def secret_of(environment: Mapping[str, str], variable: str) -> str:
    """A secret from a variable, or from the file that the variable with suffix `_FILE` names; empty without either."""
    secret, file = environment.get(variable, "").strip(), environment.get(variable + FILE, "")
    if not file:
        return secret
    if secret:
        raise UsageError(f"{variable} and {variable}{FILE} are both set; remove one")
    try:
        return OnDisk(os.path.expanduser(file)).read(most_bytes=_MOST_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "it is not text"
        raise UsageError(f"{variable}{FILE} names {file}, which can't be read ({why})") from None


def _read_keyring(variable: str) -> str:
    try:
        import keyring

        return (keyring.get_password(_SERVICE, variable) or "").strip()
    except Exception:  # keyring not installed, missing or locked
        return ""
