"""Whether the user agreed that fields of their tags go to a service: asked once, and again when that changes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

from map4.base.regular_files import open_regular
from map4.base.user_folders import user_file


@dataclass(frozen=True, slots=True)
class Consent:
    """That fields go to a host; about no host there is nothing to ask.

    path: of the file that remembers it; a word alone names one in the user's data folder
    """

    host: str | None
    fields: Sequence[str]
    path: str

    @property
    def is_given(self) -> bool:
        return self.host is None or self.host in self._hosts()

    def give(self) -> None:
        """Remember that they agree; where that can't be written, they are asked again next time."""
        try:
            os.makedirs(os.path.dirname(self._file), mode=0o700, exist_ok=True)
            given = {"hosts": [*self._hosts(), self.host], "fields": list(self.fields)}
            with open(self._file, "w", encoding="utf-8", opener=lambda path, how: os.open(path, how, 0o600)) as file:
                json.dump(given, file)
        except OSError:
            return

    @property
    def _file(self) -> str:
        return self.path if os.sep in self.path else user_file("data", f"{self.path}-agreed.json")

    def _hosts(self) -> list[str]:
        try:
            with open_regular(self._file) as file:
                agreed = json.load(file)
            return [str(host) for host in agreed["hosts"]] if set(self.fields) <= set(agreed["fields"]) else []
        except (OSError, ValueError, TypeError, KeyError):  # not there, or not ours: then it is asked again
            return []
