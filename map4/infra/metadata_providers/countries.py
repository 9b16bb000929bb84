"""Countries whose catalogue a platform shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from map4.errors import UsageError

DEFAULT_COUNTRY = "US"
"""The largest catalogue; not that of the system's language, so that a library gets the same answers everywhere."""
_CODES = frozenset(re.findall("[A-Z]+", """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD
CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF
GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI
SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
VN VU WF WS YE YT ZA ZM ZW
"""))  # fmt: skip
"""ISO 3166-1, alpha-2."""


def country_of(said: Mapping[str, Any], provider: str) -> str:
    """The country of a provider's settings, in capitals."""
    code = str(said.get("country") or DEFAULT_COUNTRY).upper()
    if code not in _CODES:
        hint = "; the United Kingdom is GB" if code == "UK" else ""
        raise UsageError(f"providers.{provider}.country takes two letters of ISO 3166, such as DE, not '{code}'{hint}")
    return code
