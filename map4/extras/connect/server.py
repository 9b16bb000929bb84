"""Limits and errors of music servers."""

from __future__ import annotations

from map4.errors import Map4Error
from map4.extras.shared.service import Fault

MOST_SONGS_AT_ONCE = 500  # limit of the OpenSubsonic protocol
LIST_SONGS_AT_ONCE = 200  # some servers or their proxies reject more ids in one request


class MusicServerError(Map4Error):
    """A music server does not answer, or answers wrongly.

    fault: result of the request
    code: error code of the protocol; 0 if there is none
    """

    meaning = "the server doesn't answer or refuses"

    def __init__(self, fault: Fault, code: int = 0) -> None:
        self.fault, self.code = fault, code
        super().__init__(fault.message)


class NotThereError(MusicServerError):
    """The server no longer has the requested item."""
