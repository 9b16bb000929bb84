"""Sentences and readings of models, for mutants."""

from __future__ import annotations

from mutant_readers import Doors, RefusedError

from map4.extras.ask.prompt import read_readings

SENTENCES = (
    "an hour of deep house at 120 to 124 bpm, no vocals, ends at 122",
    "10 tracks like Title 5 between 100 and 130 bpm",
    "happy techno or trance between 1995 and 2003, starts quiet, longer than 5 minutes",
    "100 to 130 bpm",
)
READING = '{"items": [{"words": "x", "query": "bpm:120..124", "option": "", "value": ""}]}'


def seeds() -> dict[str, list[bytes]]:
    return {"ask": [text.encode() for text in SENTENCES], "wishes": [READING.encode()]}


def ask(doors: Doors, name: str, data: bytes) -> None:
    doors.opened.ask(data.decode("utf-8", "surrogateescape"))


def wishes(doors: Doors, name: str, data: bytes) -> None:
    try:
        read_readings(data.decode("utf-8", "surrogateescape"), [1])
    except ValueError:  # as it announces it
        raise RefusedError from None


READERS = {"ask": ask, "wishes": wishes}
