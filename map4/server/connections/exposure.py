"""What has to be there before a server answers others than this machine."""

from __future__ import annotations

import os

from map4.base.regular_files import read_regular
from map4.errors import UsageError
from map4.library import Library
from map4.server.settings import ServerSettings

FIRST_ADMIN = "admin"
ADMIN_PASSWORD_FILE = "MAP4_ADMIN_PASSWORD_FILE"
_MOST_PASSWORD_BYTES = 10_000


def require_private_way(settings: ServerSettings) -> None:
    """Refuse to let passwords and music pass unencrypted, unless that was asked for."""
    if settings.tls is not None:
        settings.tls.require_usable()
    elif not (settings.listens_here_alone or settings.proxies or settings.plain_http):
        raise UsageError(
            f"on {settings.host} others would send their passwords unencrypted; give a certificate (--cert FILE --key "
            "FILE), name the proxy that has one (--proxy ADDRESS), or say --plain-http for a private network"
        )


def require_accounts(settings: ServerSettings) -> None:
    """Refuse to answer others where nobody has an account; the first is made where its password is given."""
    if settings.admin_password_file is None and (settings.is_for_this_machine or _has_accounts(settings)):
        return
    if settings.admin_password_file is not None:
        with settings.open_library() as library:
            if not library.accounts.any():
                _add_first(library, settings.admin_password_file)
        return
    way = f"a proxy ({', '.join(settings.proxies)})" if settings.listens_here_alone else settings.host
    raise UsageError(
        f"others would reach this library through {way}, and it has no account; make one first: 'map4 users add NAME', "
        f"or put its password into a file that {ADMIN_PASSWORD_FILE} names"
    )


def _has_accounts(settings: ServerSettings) -> bool:
    if settings.library is not None and not os.path.exists(settings.library):
        return False
    with settings.open_library() as library:
        return library.accounts.any()


def _add_first(library: Library, path: str) -> None:
    try:
        password = read_regular(path, most_bytes=_MOST_PASSWORD_BYTES).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "it is no text"
        raise UsageError(f"{path} can't be read ({why}); {ADMIN_PASSWORD_FILE} names a file with a password") from None
    try:
        library.accounts.add(FIRST_ADMIN, "admin", password=password)
    except UsageError as error:
        if library.accounts.any():  # another server of this library was quicker
            return
        raise UsageError(f"the password in {path} can't be that of '{FIRST_ADMIN}': {error}") from None


def page_for_here(settings: ServerSettings, address: str) -> str:
    """The page for who sits at this machine; behind `#`, which no browser sends on, the key that it shows, as long as
    there are no accounts."""
    return address if not settings.is_for_this_machine or _has_accounts(settings) else f"{address}/#key={settings.key}"
