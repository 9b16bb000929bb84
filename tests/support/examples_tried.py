"""How many examples of a property are tried."""

from hypothesis import settings


def examples(in_all: int) -> int:
    """So many by `make test-all`, of which `make test` tries a part.

    `make test-all` has Hypothesis' profile of a hundred.
    """
    return in_all * settings.default.max_examples // 100  # type: ignore[union-attr]
