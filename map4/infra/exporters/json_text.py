"""JSON that every program can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """A record as JSON on one line, in UTF-8; a NaN is an error.

    A lone surrogate, which JSON could escape but other programs can't read, is replaced.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
