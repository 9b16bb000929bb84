"""What has to be there before a server answers others than this machine."""

from __future__ import annotations

import os

from map4.errors import UsageError
from map4.server.settings import ServerSettings


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
    """Refuse to answer others where nobody has an account."""
    if settings.is_for_this_machine:
        return
    if os.path.exists(settings.library):
        with settings.open_library() as library:
            if library.accounts.any():
                return
    way = f"a proxy ({', '.join(settings.proxies)})" if settings.listens_here_alone else settings.host
    raise UsageError(
        f"others would reach this library through {way}, and it has no account; make one first: 'map4 users add NAME'"
    )
