"""Options of a call: a frozen record, or its fields as keywords for callers who give one or two.

The record is what programs keep and hand on; `XKeywords` beside each `XOptions` types the same fields as keywords, and
a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from map4.domain.near_names import did_you_mean, near_names
from map4.errors import UsageError

Options = TypeVar("Options")


def given(
    record: type[Options], options: Options | None, keywords: Mapping[str, Any], *, first: str | None = None
) -> Options:
    """The options of a call: a record, keywords, or a record with some fields changed by keywords.

    Parameters
    ----------
    first : name of the call's first argument, which may have been meant too

    Raises
    ------
    UsageError
        If there is no such option.
    """
    known = [one.name for one in fields(record)]  # type: ignore[arg-type]
    unknown = next((name for name in keywords if name not in known), None)
    if unknown is not None:
        hint = did_you_mean(unknown, known)
        if first is not None and near_names(unknown, [first, *known]) == [first]:
            hint = f"did you mean {first}, the first argument?"
        raise UsageError(f"there is no option '{unknown}'; {hint}")
    if options is None:
        return record(**keywords)
    return replace(options, **keywords) if keywords else options  # type: ignore[type-var]
