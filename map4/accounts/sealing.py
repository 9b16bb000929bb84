"""Encryption of secrets that must be readable again, such as passwords of players, with a key outside the library.

A copy of the library is not enough to read them. Needs the extra serve.
"""

from __future__ import annotations

import base64
import binascii
import os
import shlex

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from map4.core.base.paths import user_file
from map4.core.base.regular_files import OnDisk, within
from map4.core.base.unfinished import SafeFile
from map4.errors import SealedError

KEY_FILE_VARIABLE = "MAP4_KEY_FILE"
KEY_BYTES = 32
_MOST_FILE_BYTES = 10_000
_ROOT = 0
_NOT_OTHERS, _NOT_OTHERS_BUT_GROUP = 0o077, 0o037


class KeyFile:
    """The file with the keys that encrypt secrets."""

    @staticmethod
    def path() -> str:
        """Path of the key file: MAP4_KEY_FILE, else in map4's data folder."""
        return os.path.expanduser(os.environ.get(KEY_FILE_VARIABLE, "")) or user_file("data", "secret.key")

    @staticmethod
    def seal(secret: str) -> bytes:
        """Encrypt a secret with the first key of the key file; makes the file if there is none.

        raises SealedError: if there is no key and it can't be made
        """
        path = KeyFile.path()
        if not os.path.lexists(path):
            _make(path)
        return _keys(path).encrypt(secret.encode())

    @staticmethod
    def unseal(sealed: bytes) -> str:
        """Decrypt a secret with any key of the key file.

        raises SealedError: if it was encrypted with another key, or the key is missing
        """
        path = KeyFile.path()
        try:
            return _keys(path).decrypt(sealed).decode()
        except InvalidToken:
            raise SealedError(
                f"it was not encrypted with the key in {path}; copy the key from where the library was "
                f"({KEY_FILE_VARIABLE} sets its file), or make a new password for this device"
            ) from None


def _make(path: str) -> None:
    try:
        SafeFile.make_private_folder(os.path.dirname(os.path.abspath(path)))
        with SafeFile(path).unfinished("making") as name:
            with open(name, "wb") as file:
                file.write(Fernet.generate_key() + b"\n")
            SafeFile(name).place_new(path)  # if several make a key at once, the first wins
    except OSError as error:
        raise SealedError(
            f"can't write the key to {path} ({error.strerror}); set another file in {KEY_FILE_VARIABLE}"
        ) from None


def _keys(path: str) -> MultiFernet:
    """All keys of the file, one per line."""
    try:
        with OnDisk(path).open() as file:
            status = os.fstat(file.fileno())
            # As in PostgreSQL, the group may read a key owned by root (containers).
            refused = _NOT_OTHERS_BUT_GROUP if status.st_uid == _ROOT else _NOT_OTHERS
            if os.name != "nt" and status.st_mode & refused:
                raise SealedError(f"other users can read the key in {path}; run 'chmod 600 {shlex.quote(path)}'")
            lines = within(file.read(_MOST_FILE_BYTES + 1), _MOST_FILE_BYTES, path).split()
    except OSError as error:
        raise SealedError(
            f"the encryption key can't be read from {path} ({error.strerror}); copy it from where the library was, or "
            f"set its file in {KEY_FILE_VARIABLE}"
        ) from None
    try:
        keys = [Fernet(_key(line)) for line in lines]
    except (ValueError, binascii.Error):
        keys = []
    if not keys:
        raise SealedError(
            f"{path} contains no key (a line as printed by 'openssl rand -base64 {KEY_BYTES}'); set the right file in "
            f"{KEY_FILE_VARIABLE}"
        )
    return MultiFernet(keys)


def _key(line: bytes) -> bytes:
    """A key from either base64 alphabet."""
    key = base64.b64decode(line.translate(bytes.maketrans(b"-_", b"+/")), validate=True)
    return base64.urlsafe_b64encode(key)
