"""Numbers and columns of other packages, such as NumPy's, as Python's."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

_PLAIN = (str, int, float, bool, type(None))


def plain_value(value: Any) -> Any:
    """Anything with `__index__` or `__float__` as an int or float, arrays as lists, also inside lists; others stay."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in (list, tuple):
        return value if all(type(item) in _PLAIN for item in value) else kind(plain_values(value))
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(kind, "__index__") and not isinstance(value, int):
        return operator.index(value)
    return float(value) if hasattr(kind, "__float__") and not isinstance(value, float) else value


def plain_values(values: Iterable[Any]) -> tuple[Any, ...]:
    """The values, each as `plain_value`."""
    return tuple(map(plain_value, values))
