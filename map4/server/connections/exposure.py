"""Requirements for serving other machines."""

from __future__ import annotations

import os

from map4.core.base.regular_files import OnDisk
from map4.errors import UsageError
from map4.library import Library
from map4.server.settings import ServerSettings

FIRST_ADMIN = "admin"
ADMIN_PASSWORD_FILE = "MAP4_ADMIN_PASSWORD_FILE"
_MOST_PASSWORD_BYTES = 10_000


def require_private_way(settings: ServerSettings) -> None:
    """Refuse unencrypted access from other machines, unless requested."""
    if settings.tls is not None:
        settings.tls.require_usable()
    elif not (settings.is_local_only or settings.proxies or settings.plain_http):
        raise UsageError(
            f"on {settings.host} passwords would be sent unencrypted; give a certificate (--cert FILE --key FILE), "
            "name the proxy that has one (--proxy ADDRESS), or use --plain-http in a private network"
        )


def require_accounts(settings: ServerSettings) -> None:
    """Require an account, or a password for the first account, before serving other machines."""
    if settings.admin_password_file is None and (settings.is_for_this_machine or _has_accounts(settings)):
        return
    if settings.admin_password_file is not None:
        with settings.open_library() as library:
            if not library.accounts.any():
                _add_first(library, settings.admin_password_file)
        return
    way = f"a proxy ({', '.join(settings.proxies)})" if settings.is_local_only else settings.host
    raise UsageError(
        f"this library would be reachable through {way} but has no account; make one first ('map4 accounts add NAME'), "
        f"or set {ADMIN_PASSWORD_FILE} to a file with its password"
    )


def _has_accounts(settings: ServerSettings) -> bool:
    if settings.library is not None and not os.path.exists(settings.library):
        return False
    with settings.open_library() as library:
        return library.accounts.any()


def _add_first(library: Library, path: str) -> None:
    try:
        password = OnDisk(path).read(most_bytes=_MOST_PASSWORD_BYTES).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "it is not text"
        raise UsageError(
            f"{path} can't be read ({why}); {ADMIN_PASSWORD_FILE} must name a file with a password"
        ) from None
    try:
        library.accounts.add(FIRST_ADMIN, "admin", password=password)
    except UsageError as error:
        if library.accounts.any():  # another server of this library was faster
            return
        raise UsageError(f"the password in {path} can't be used for '{FIRST_ADMIN}': {error}") from None


def page_for_here(settings: ServerSettings, address: str) -> str:
    """The address of the local page. Without accounts, it has the local key behind `#`, which browsers don't send."""
    return address if not settings.is_for_this_machine or _has_accounts(settings) else f"{address}/#key={settings.key}"
