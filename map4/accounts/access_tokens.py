"""Access tokens: JSON Web Tokens (RFC 7519) valid for fifteen minutes, renewed with a refresh token."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import jwt

from map4.accounts.records import ACCESS_S, SigningKey
from map4.core.base.account import Claims, Credential

_ALGORITHM = "HS256"
_ISSUER = "map4"
_CLAIMS = ("iss", "aud", "sub", "sid", "jti", "iat", "exp")


@dataclass(frozen=True, slots=True)
class Issuer:
    """Makes and reads the access tokens of one library.

    library_id: the library's id; tokens of other libraries are refused
    keys: the current signing key first
    """

    library_id: str
    keys: Sequence[SigningKey] = field(repr=False)

    def token_of(self, login: Credential) -> str:
        """A token for this log-in. It does not contain the account's rights, since they may change."""
        now = int(datetime.now(UTC).timestamp())
        who = {"iss": _ISSUER, "aud": self.library_id, "sub": str(login.account.number), "sid": login.id}
        claims = {**who, "jti": secrets.token_urlsafe(16), "iat": now, "exp": now + ACCESS_S}
        key = self.keys[0]
        return jwt.encode(claims, key.secret, algorithm=_ALGORITHM, headers={"kid": key.id})

    def claims_of(self, token: str) -> Claims | None:
        """The claims of a token; None if it is invalid, expired or of another library."""
        try:
            key = self._key_of(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                return None
            # Ignore the token's own algorithm: only ours is valid.
            claims = jwt.decode(
                token, key.secret, algorithms=[_ALGORITHM], audience=self.library_id, issuer=_ISSUER,
                # Don't verify `iat`: the clocks of two servers may differ by a second.
                options={"require": [*_CLAIMS], "verify_iat": False},
            )  # fmt: skip
            return Claims(family=str(claims["sid"]), account=int(claims["sub"]), until=int(claims["exp"]))
        except (jwt.PyJWTError, ValueError):
            return None

    def _key_of(self, kid: object) -> SigningKey | None:
        now = datetime.now(UTC)
        return next((key for key in self.keys if key.id == kid and (key.until is None or now < key.until)), None)
