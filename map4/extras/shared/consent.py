"""The user's consent to send tag fields to a service: requested once, and again when host or fields change."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

from map4.core.base.paths import user_file
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile


@dataclass(frozen=True, slots=True)
class Consent:
    """Consent to send fields to a host; None as the host needs no consent.

    path: of the file that stores it; a bare name is in the user's data folder
    """

    host: str | None
    fields: Sequence[str]
    path: str

    @property
    def is_given(self) -> bool:
        return self.host is None or self.host in self._hosts()

    def give(self) -> None:
        """Store the consent; if that fails, the user is asked again next time."""
        try:
            SafeFile.make_private_folder(os.path.dirname(self._file))
            given = {"hosts": [*self._hosts(), self.host], "fields": list(self.fields)}
            with open(self._file, "w", encoding="utf-8", opener=SafeFile.open_private) as file:
                json.dump(given, file)
        except OSError:
            return

    @property
    def _file(self) -> str:
        return self.path if os.sep in self.path else user_file("data", f"{self.path}-agreed.json")

    def _hosts(self) -> list[str]:
        try:
            with OnDisk(self._file).open() as file:
                agreed = json.load(file)
            return [str(host) for host in agreed["hosts"]] if set(self.fields) <= set(agreed["fields"]) else []
        except (OSError, ValueError, TypeError, KeyError):  # missing or not ours: ask again
            return []


def enumerated(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = names or ("",)
    return f"{', '.join(first)} and {last}" if first else last
