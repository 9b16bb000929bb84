"""The interface of decoders, and the decoder of a setting: `module:callable`, or the name of a plug-in."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from map4.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

    import numpy as np

DEFAULT_DECODER = "map4.core.audio.decode:open_audio"
GROUP = "map4.decoders.v1"
"""Entry points of this group are a `Decoder` under their name."""


def decoder_names() -> list[str]:
    """Return the names of the decoders of other packages."""
    return sorted(entry.name for entry in _entries())


def checked_name(name: str) -> str:
    """Return the name of a decoder in the form of the setting.

    raises ValueError: if the name is invalid
    """
    module, colon, attribute = name.partition(":")
    if (module and attribute) or (not colon and module in decoder_names()):
        return name
    there = f" ({', '.join(decoder_names())})" if decoder_names() else ""
    raise ValueError(
        f"must have the form module:callable, such as {DEFAULT_DECODER}, or be the name of a decoder that another "
        f"package brings along{there}"
    )


@cache  # workers call this for each file
def load_decoder(name: str = DEFAULT_DECODER) -> Decoder:
    """Load a decoder by its name in a setting, here or in a worker; default: map4's own.

    raises ConfigError: if there is no decoder of that name, or it can't be loaded
    """
    try:
        decoder = _found(name)
    except MemoryError:  # not the decoder's fault
        raise
    except Exception as error:  # any code of another package
        raise ConfigError(
            f"analysis.decoder = '{name}' can't be loaded ({error}); write it as module:callable, "
            "or as the name of an installed decoder"
        ) from None
    if not callable(decoder):
        raise ConfigError(f"analysis.decoder = '{name}' is not callable")
    return decoder


def _entries() -> EntryPoints:
    from importlib.metadata import entry_points  # rarely needed

    return entry_points(group=GROUP)


def _found(name: str) -> object:
    module, colon, attribute = name.partition(":")
    if colon:
        return getattr(importlib.import_module(module), attribute)
    entry = next(iter(_entries().select(name=name)), None)
    if entry is None:
        raise LookupError("no package provides it")
    return entry.load()


class DecodedAudio(Protocol):
    """The audio of an open file, as a stream of blocks that is read once."""

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate of the blocks."""

    @property
    def channels(self) -> int:
        """Channels of the blocks."""

    @property
    def decoder(self) -> str:
        """Name and version of the decoder, which is stored with the analysis."""

    @property
    def flags(self) -> Sequence[str]:
        """Remarks such as "damaged", complete after the last block."""

    def blocks(self) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        """Yield arrays of shape (n, channels), full scale 1, each with its own memory, as several are used at once."""


Decoder = Callable[[str], AbstractContextManager[DecodedAudio]]
"""Opens a file by its path; raises `map4.errors.FileError` if it can't be decoded."""
