"""Journals of copies, for mutants."""

from __future__ import annotations

from mutant_readers import Doors

from map4.base.files.moving import Disk
from map4.extras.quarantine.journal import QuarantineJournal

JOURNAL = (
    '{"schema": "map4/quarantine-journal/1", "library": "/l.map4", "begun_at": "2026-01-01T00:00:00"}'
    '\n{"step": "move", "number": 1, "from": "/m/a.wav", "to": "a.wav", "partial": "a.part", "size_bytes": 9, '
    '"mtime_ns": 1, "kept": "/m/b.wav", "rows": {"files": []}, "folders": ["x"]}\n{"step": "moved", "number": 1}\n'
    '{"step": "return", "number": 1, "partial": "/m/a.part"}\n{"step": "back", "number": 1}\n'
)


def seeds() -> dict[str, list[bytes]]:
    return {"quarantine": [JOURNAL.encode()]}


def journal(doors: Doors, name: str, data: bytes) -> None:
    QuarantineJournal.open(doors.put("quarantine.jsonl", data), Disk(), read_only=True).close()


READERS = {"quarantine": journal}
