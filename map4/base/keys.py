"""Keys and other secrets: from the environment, a file that it names, or the system's keyring; from nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from map4.base.regular_files import read_regular
from map4.errors import UsageError
from map4.version import how_to_add

FILE = "_FILE"
"""Behind the name of a variable: that of one that names a file with the secret, as containers are given them."""
_MOST_BYTES = 10_000
_SERVICE = "map4"
"""Under this name keys stand in the keyring."""


def keys_of(provider: str, variables: Sequence[str], said: Mapping[str, Any], *, got_at: str) -> tuple[str, ...]:
    """The keys of a provider, in the order of `variables`.

    variables: of the environment; `token_env` of the settings names others
    """
    names = re.findall(r"[^\s,]+", said.get("token_env") or "") or list(variables)
    if len(names) != len(variables):
        count = "the name of one variable" if len(variables) == 1 else f"the names of {len(variables)} variables"
        raise UsageError(f"providers.{provider}.token_env takes {count}, as in {', '.join(variables)}")
    found = [key_in(name) for name in names]
    missing = [name for name, key in zip(names, found, strict=True) if not key]
    if missing:
        install = "" if find_spec("keyring") else f"{how_to_add('keyring')}, then "
        commands = " and ".join(f"'keyring set {_SERVICE} {name}'" for name in missing)
        raise UsageError(
            f"{provider} needs your own key, from {got_at}: set {' and '.join(missing)} in the environment, or keep "
            f"it in the system's keyring: {install}{commands}"
        )
    return tuple(found)


def key_in(variable: str) -> str:
    """The key of this name; empty where there is none."""
    key = secret_of(os.environ, variable) or _in_keyring(variable)
    # What writes a header or an address would tell the key, where it refuses it.
    if not all("!" <= letter <= "~" for letter in key):
        raise UsageError(f"{variable} holds spaces or letters that no key has; set it anew")
    return key


def secret_of(environment: Mapping[str, str], variable: str) -> str:
    """A secret as a variable has it, or the file that the variable of its name and `_FILE` names; empty where it is in
    neither.

    raises UsageError: if it is in both, or the file can't be read
    """
    secret, file = environment.get(variable, "").strip(), environment.get(variable + FILE, "")
    if not file:
        return secret
    if secret:
        raise UsageError(f"{variable} and {variable}{FILE} are both set; leave one of them out")
    try:
        return read_regular(os.path.expanduser(file), most_bytes=_MOST_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "it is no text"
        raise UsageError(f"{variable}{FILE} names {file}, which can't be read ({why})") from None


def _in_keyring(variable: str) -> str:
    try:
        import keyring

        return (keyring.get_password(_SERVICE, variable) or "").strip()
    except Exception:  # around one plug-in: it is not installed, there is no keyring, or it is locked
        return ""
