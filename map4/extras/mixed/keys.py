"""The key in the address of a stream: for one list, to listen only, and valid as long as its credential."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from map4.accounts import Credential, Credentials
from map4.extras.mixed.records import StreamAddress
from map4.server.settings import API

SCOPE = "listen"
_KEY = re.compile(r"(t-[0-9a-f]{16})\.([\w-]{32})", re.ASCII)
_SIGNATURE_BYTES = 24


def key_of(credentials: Credentials, credential: str, list_id: str) -> str:
    """The key with which a credential opens the streams of a list.

    credentials: as the local user, who can read the keys that sign
    """
    return f"{credential}.{_signature(credentials.signing_keys()[0].secret, credential, list_id)}"


def credential_of(credentials: Credentials, key: str, list_id: str) -> Credential | None:
    """The credential of a key for this list; None if the key is wrong or revoked."""
    if (match := _KEY.fullmatch(key)) is None:
        return None
    credential, given = match.groups()
    expected = [_signature(known.secret, credential, list_id) for known in credentials.signing_keys()]
    if not any(hmac.compare_digest(given, one) for one in expected):
        return None
    return credentials.known_id(credential)


def _signature(secret: bytes, credential: str, list_id: str) -> str:
    digest = hmac.new(secret, f"{SCOPE} {credential} {list_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()


def addresses_of(
    server: str, list_id: str, name: str, *, token: str | None = None, key: str | None = None
) -> StreamAddress:
    """The addresses of a list's streams on a server."""
    at, shown = f"{server.rstrip('/')}{API}/lists/{list_id}", "" if key is None else f"?key={key}"
    return StreamAddress(
        list=list_id,
        name=name,
        radio=f"{at}/radio.mp3{shown}",
        mixed=f"{at}/mixed.mp3{shown}",
        m3u=f"{at}/radio.m3u{shown}",
        token=token,
    )
