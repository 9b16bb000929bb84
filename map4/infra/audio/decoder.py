"""The decoder that a setting names as `module:callable`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from map4.errors import ConfigError

DEFAULT_DECODER = "map4.infra.audio.decode:open_audio"


def load_decoder(name: str) -> Callable[[str], Any]:
    """Load the decoder port, written `module:callable`.

    The callable takes a path and gives a context manager around an object with `sample_rate_hz`, `channels`,
    `decoder`, `flags` and `blocks()`, as `map4.infra.audio.decode.open_audio` does.
    """
    module, _, attribute = name.partition(":")
    try:
        decoder = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"analysis.decoder = '{name}' can't be loaded ({error}); write it as module:callable"
        ) from None
    if not callable(decoder):
        raise ConfigError(f"analysis.decoder = '{name}' is not callable")
    return decoder  # type: ignore[no-any-return]
