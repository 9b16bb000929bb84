"""A disk whose power fails, for what moves files."""

import os
from pathlib import Path
from typing import Any

from map4.extras.shared.moving import Disk


class PowerCut(BaseException):
    """The power fails."""


class FailingDisk(Disk):
    """A disk whose power fails in its step `number` (from 1), and stays away: nothing works from then on.

    What was to be written is half there.

    Parameters
    ----------
    errno_of_links : how links to other folders are refused, as on another disk; None where they are not
    """

    def __init__(self, number: int = 10_000, *, errno_of_links: int | None = None) -> None:
        self.steps: list[str] = []
        self._number, self._errno_of_links = number, errno_of_links

    def __getattribute__(self, name: str) -> object:
        step = object.__getattribute__(self, name)
        if name.startswith("_") or name == "steps":
            return step

        def run(*values: Any) -> None:
            self.steps.append(name)
            if len(self.steps) == self._number:
                _do_half(name, *values)
            if len(self.steps) >= self._number:
                raise PowerCut
            is_move = name == "link" and os.path.dirname(values[0]) != os.path.dirname(values[1])
            if is_move and self._errno_of_links is not None:
                raise OSError(self._errno_of_links, os.strerror(self._errno_of_links))
            step(*values)

        return run


def _do_half(name: str, *values: Any) -> None:
    if name == "append":
        descriptor, data = values
        os.write(descriptor, data[: len(data) // 2])
    elif name == "write":
        Path(values[0]).write_bytes(b"".join(values[1])[:100])
    elif name == "copy":
        data = Path(values[0]).read_bytes()
        Path(values[1]).write_bytes(data[: len(data) // 2])
