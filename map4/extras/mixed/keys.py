"""The key in the address of a stream: for one list, to listen only, and valid as long as its credential."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator

from map4.accounts import Credentials
from map4.base.account import Credential
from map4.base.actor import LOCAL
from map4.extras.mixed.records import StreamAddress
from map4.library import Library
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
    if not any(hmac.compare_digest(given, signature) for signature in expected):
        return None
    return credentials.known_id(credential)


def stations(library: Library, credential: Credential | None, server: str) -> Iterator[tuple[str, str, str]]:
    """Each list as a radio station: id, name and address. Its key is valid as long as the player's credential."""
    if library.actor.has_account and credential is None:
        return  # a log-in by a proxy, which does not pass players on
    credentials = library.acting_as(LOCAL).credentials
    for stored in library.lists.stored(is_counted=False):
        if stored.present or stored.live is not None:
            key = None if credential is None else key_of(credentials, credential.id, stored.id)
            yield stored.id, stored.name, addresses_of(server, stored.id, stored.name, key=key).radio


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
