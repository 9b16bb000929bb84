"""Base of providers used over HTTP: address, credentials, rate and errors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from map4.core.base.keys import key_in
from map4.errors import UsageError
from map4.extras.lookup.provider import NO_ACCESS, Access, Policy, ServiceRequest
from map4.extras.lookup.providers.web import AGENT, checked_url
from map4.extras.shared.http_answers import one_line
from map4.extras.shared.service import Fault, FaultKind
from map4.version import Packages

DEFAULT_COUNTRY = "US"
"""The largest catalogue; not the system's country, so that a library gets the same results everywhere."""
_CODES = frozenset(re.findall("[A-Z]+", """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD
CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF
GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI
SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
VN VU WF WS YE YT ZA ZM ZW
"""))  # fmt: skip
"""ISO 3166-1 alpha-2 codes."""


class WebService:
    """A network service; `terms` is the policy for its official hosts.

    said: its settings: `url`, `interval_s` and others
    access: the user's keys
    """

    name: ClassVar[str]
    what: ClassVar[str]
    """Its purpose in a few words."""
    home: ClassVar[str]
    """Its default address."""
    hosts: ClassVar[str]
    """Suffixes of its host names, separated by spaces; any other host is a mirror, which may have a faster rate."""
    terms: ClassVar[Policy]
    keys: ClassVar[tuple[str, ...]] = ()
    """Environment variables of its keys, unless the settings name others."""
    got_at: ClassVar[str] = ""
    """Where to get the keys."""
    ids_of: ClassVar[str | None] = None
    """The provider whose ids it uses."""

    def __init__(
        self, settings: Mapping[str, Any], access: Access = NO_ACCESS, headers: Mapping[str, str] = AGENT
    ) -> None:
        url, wanted_s = settings.get("url"), settings.get("interval_s")
        self._url = checked_url(url or self.home, self.name, has_key=bool(access.secrets))
        where = urlsplit(self._url)
        if wanted_s is not None and (wanted_s < 0 or f".{where.hostname}".endswith(tuple(self.hosts.split()))):
            raise UsageError(f"providers.{self.name}.interval_s is only for your own mirror; also set url")
        interval_s = self.terms.interval_s if wanted_s is None else wanted_s
        self.policy = replace(self.terms, host=where.netloc, interval_s=interval_s)
        self.access, self.headers = access, headers

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The service with the user's keys."""
        make: Any = cls
        service: Self = make(settings, *(keys_of(cls.name, cls.keys, settings, got_at=cls.got_at) if cls.keys else ()))
        return service

    @classmethod
    def without_access(cls, settings: Mapping[str, Any]) -> Self:
        """The service for planning, without the user's keys or contact."""
        make: Any = cls
        service: Self = make(
            {**settings, "contact": settings.get("contact") or "your contact"}, *("" for _ in cls.keys)
        )
        return service

    def _request(self, path: str, **parameters: str) -> ServiceRequest:
        return ServiceRequest(f"{self._url}/{path}", tuple(sorted(parameters.items())))

    def _fault(self, message: object, kind: FaultKind = "answer", retry_after_s: float | None = None) -> Fault:
        """The service's error message as a fault."""
        return Fault(kind=kind, message=f"{self.policy.host} reports: {one_line(message)}", retry_after_s=retry_after_s)

    def _unknown(self, is_known: bool = False) -> Fault | None:
        """A fault for a response of an unknown form; None if its form is known."""
        message = f"{self.policy.host} returned something other than its usual JSON"
        return None if is_known else Fault(kind="answer", message=message)


def country_of(settings: Mapping[str, Any], provider: str) -> str:
    """The country of a provider's settings, in capitals."""
    code = str(settings.get("country") or DEFAULT_COUNTRY).upper()
    if code not in _CODES:
        hint = "; the United Kingdom is GB" if code == "UK" else ""
        raise UsageError(f"providers.{provider}.country must be an ISO 3166 code such as DE, not '{code}'{hint}")
    return code


def keys_of(provider: str, variables: Sequence[str], settings: Mapping[str, Any], *, got_at: str) -> tuple[str, ...]:
    """The keys of a provider, in the order of `variables`.

    variables: of the environment; `token_env` in the settings can name others
    """
    names = re.findall(r"[^\s,]+", settings.get("token_env") or "") or list(variables)
    if len(names) != len(variables):
        count = "the name of one variable" if len(variables) == 1 else f"the names of {len(variables)} variables"
        raise UsageError(f"providers.{provider}.token_env takes {count}, as in {', '.join(variables)}")
    keys = [key_in(name) for name in names]
    missing = [name for name, key in zip(names, keys, strict=True) if not key]
    if missing:
        install = "" if find_spec("keyring") else f"{Packages('keyring').how_to_add()}, then "
        commands = " and ".join(f"'keyring set map4 {name}'" for name in missing)
        raise UsageError(
            f"{provider} needs your own key, from {got_at}: set {' and '.join(missing)} in the environment, or keep "
            f"it in the system's keyring: {install}{commands}"
        )
    return tuple(keys)
