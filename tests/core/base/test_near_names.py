"""What was meant by a name that is not known."""

from hypothesis import given
from hypothesis import strategies as st

from map4.errors import UsageError

NAMES = ("warm_up", "peak_time", "closing", "dj_set", "radio", "strict", "flexible", "creative", "off", "ascending")


def test_near_name_finds_the_intended_name_and_orders_by_likelihood() -> None:
    cases = [
        ("flex", "flexible"),
        ("asc", "ascending"),
        ("pek", "peak_time"),
        ("stric", "strict"),
        ("Strikt", "strict"),
        ("time", "peak_time"),
        ("warm up", "warm_up"),
        ("dj-sett", "dj_set"),
        ("raido", "radio"),
        ("x", None),
        ("", None),
        ("tempo", None),
        ("123", None),
    ]
    for typed, meant in cases:
        assert UsageError.near(typed, NAMES) == ([meant] if meant else [])
        message = UsageError.did_you_mean(typed, NAMES)
        assert message == (f"did you mean {meant}?" if meant else f"there are {', '.join(NAMES)}")
        error = UsageError.no_such("preset", typed, NAMES)
        assert (str(error), error.exit_code) == (f"there is no preset '{typed}'; {message}", 2)
    assert UsageError.near("tempo", ("tempo_close", "temp", "tempo", "key"), 3) == ["tempo", "tempo_close", "temp"]
    assert UsageError.near("friday", iter(["Friday 2", "Monday", "FRIDAY"]), 9)[:2] == ["FRIDAY", "Friday 2"]


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=5))
def test_near_names_returns_at_most_one_known_name(typed: str, known: list[str]) -> None:
    found = UsageError.near(typed, known)
    assert len(found) <= 1
    assert set(found) <= set(known)
    assert UsageError.near(typed, [*known, typed]) == [typed]
