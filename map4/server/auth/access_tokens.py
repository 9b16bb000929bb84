"""Access tokens: JSON Web Tokens (RFC 7519) of fifteen minutes, which a refresh token renews."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import jwt

from map4.accounts import ACCESS_S, Credential, SigningKey

_ALGORITHM = "HS256"
_ISSUER = "map4"
_CLAIMS = ("iss", "aud", "sub", "sid", "jti", "iat", "exp")


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says that is signed and has not ended.

    family: its log-in
    account: the number
    until: when it ends, in seconds since 1970
    """

    family: str
    account: int
    until: int


@dataclass(frozen=True, slots=True)
class Issuer:
    """Makes and reads the access tokens of one library.

    library_id: whose tokens these are; those of another are not taken
    keys: the one that signs first
    """

    library_id: str
    keys: Sequence[SigningKey] = field(repr=False)

    def token_of(self, login: Credential) -> str:
        """A token that stands for this log-in. What its account may do is not said in it, as that may change."""
        now = int(datetime.now(UTC).timestamp())
        who = {"iss": _ISSUER, "aud": self.library_id, "sub": str(login.account.number), "sid": login.id}
        claims = {**who, "jti": secrets.token_urlsafe(16), "iat": now, "exp": now + ACCESS_S}
        key = self.keys[0]
        return jwt.encode(claims, key.secret, algorithm=_ALGORITHM, headers={"kid": key.id})

    def claims_of(self, token: str) -> Claims | None:
        """What a token says; None where it is wrong, of another library, or at its end."""
        try:
            key = self._key_of(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                return None
            # What the token says of its algorithm is not heeded: another one than ours is wrong.
            found = jwt.decode(
                token, key.secret, algorithms=[_ALGORITHM], audience=self.library_id, issuer=_ISSUER,
                # When it was made is not asked: of two servers of a library, one's clock may be a second behind.
                options={"require": [*_CLAIMS], "verify_iat": False},
            )  # fmt: skip
            return Claims(family=str(found["sid"]), account=int(found["sub"]), until=int(found["exp"]))
        except (jwt.PyJWTError, ValueError):
            return None

    def _key_of(self, kid: object) -> SigningKey | None:
        now = datetime.now(UTC)
        return next((one for one in self.keys if one.id == kid and (one.until is None or now < one.until)), None)
