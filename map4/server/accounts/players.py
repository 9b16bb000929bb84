"""How players of OpenSubsonic show who uses them: by a token, or by the password of a device, sent or hashed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from map4.domain.accounts import Credential
from map4.domain.actor import SCOPES, Scope
from map4.domain.text import name_key
from map4.server.admission import Caller, UnknownActorError
from map4.server.subsonic.answers import (
    CONFLICTING,
    MISSING_PARAMETER,
    NO_PASSWORDS,
    NO_TOKENS,
    UNKNOWN_KEY,
    SubsonicError,
)

Device = tuple[Credential, str | None]
"""A device with its password; None where that can't be decrypted."""

SCOPES_OF_PLAYERS: frozenset[Scope] = frozenset(SCOPES) - {"admin", "files"}
"""What a player may do at most, whoever uses it: its password stands in addresses."""
WRONG_PASSWORD = (
    "wrong user name or app password; not the password of the account is asked for here, but one of this device "
    "alone: make it on map4's page, or by 'map4 tokens add NAME --device --user USER'"
)
"""The same whether or not there is such an account, or a device of it: nobody learns names by it."""
_HEX = "enc:"


class UnknownPlayerError(SubsonicError, UnknownActorError):
    """It can't be told who uses a player."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That one knows the password of a device: the password itself, or the MD5 of it and a salt."""

    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    salt: str = field(default="", repr=False)

    def fits(self, secret: str) -> bool:
        """Whether this password is meant, with its hyphens or without."""
        return any(self._fits(form) for form in (secret, secret.replace("-", "")))

    def _fits(self, secret: str) -> bool:
        if self.password is not None:
            return _same(self.password, secret)
        expected = hashlib.md5((secret + self.salt).encode(errors="replace"), usedforsecurity=False).hexdigest()
        return _same((self.token or "").lower(), expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownByPlayer:
    """What the parameters of a question say of who asks; all of it, or what is left, may be missing."""

    api_key: str | None = field(default=None, repr=False)
    user: str | None = None
    proof: Proof | None = field(default=None, repr=False)

    @classmethod
    def of(cls, parameters: Mapping[str, Sequence[str]]) -> ShownByPlayer:
        """What they say; an error of the protocol where that can't be meant."""
        key, user, password, token, salt = (next(iter(parameters.get(one, ())), "") for one in _PARAMETERS)
        if key and (user or password or token or salt):
            raise UnknownPlayerError("apiKey stands alone; leave out u, p, t and s", CONFLICTING)
        if password and (token or salt):
            raise UnknownPlayerError("a password is sent (p) or hashed (t, s); leave out one of them", CONFLICTING)
        if bool(token) != bool(salt):
            raise UnknownPlayerError(f"the parameter '{'s' if token else 't'}' is missing", MISSING_PARAMETER)
        if key:
            return cls(api_key=key)
        proof = Proof(token=token, salt=salt) if token else Proof(password=_plain(password)) if password else None
        return cls(user=user or None, proof=proof)

    def named(self) -> tuple[str, Proof]:
        """The name and the proof; an error of the protocol where one is missing."""
        if self.user is None and self.proof is None:
            raise UnknownPlayerError("say who asks: send apiKey, or u with p, or u with t and s", MISSING_PARAMETER)
        if self.user is None or self.proof is None:
            missing = "'u' is" if self.user is None else "'p' is, or 't' and 's' are,"
            raise UnknownPlayerError(f"the parameter {missing} missing", MISSING_PARAMETER)
        return self.user, self.proof


_PARAMETERS = ("apiKey", "u", "p", "t", "s")


def as_player(caller: Caller | None, shown: ShownByPlayer, *, by_header: bool) -> Caller:
    """Who asks, with what their role may below /rest/; a token that is not for players lets nobody in there.

    caller: as a header, a token or the password of a device says
    by_header: whether a header says so, besides which players send a name and some password all the same
    """
    if by_header and shown.api_key is not None:
        raise UnknownPlayerError("a header says who asks already; leave out apiKey", CONFLICTING)
    if caller is None:
        raise UnknownPlayerError("this token is not known: it was removed, or has ended; make another", UNKNOWN_KEY)
    actor = caller.actor
    if shown.user is not None and name_key(shown.user) != name_key(actor.name):
        raise UnknownPlayerError("u names somebody else than the header does; leave one of them out", CONFLICTING)
    if not actor.may("subsonic"):
        return caller
    if caller.credential is not None:
        actor = caller.credential.account.actor()
    return replace(caller, actor=replace(actor, scopes=actor.scopes & SCOPES_OF_PLAYERS))


def unreadable(proof: Proof) -> UnknownPlayerError:
    """Passwords of devices are there, and can't be decrypted."""
    code = NO_TOKENS if proof.password is None else NO_PASSWORDS
    return UnknownPlayerError(
        "this server can't read the passwords of devices, as the key is missing that they are encrypted with; "
        "'map4 tokens list' there says more, and apiKey works",
        code,
    )


def _plain(password: str) -> str:
    """A password as it was typed: players may send its bytes as hexadecimal digits."""
    if password.startswith(_HEX):
        try:
            return bytes.fromhex(password.removeprefix(_HEX)).decode()
        except ValueError:
            return password
    return password


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())
