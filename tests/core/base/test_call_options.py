"""A record of options says what each may be, in one place."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable
from dataclasses import field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest

from map4.core.base.call_options import CallOptions, declared_options, given, option, worded
from map4.core.base.paths import PathLike
from map4.errors import UsageError

if TYPE_CHECKING:
    from map4.core.music.query.parser import Query

Kind = Literal["sour", "sweet"]


class Fruit(CallOptions):
    """What fruit is wanted."""

    n: int = option(3, "-n --count", "How many.", least=1, most=9)
    weight_kg: float | None = option(None, "--weight", "How heavy.", what="a weight", least=0, above=True, most=50)
    kinds: Collection[Kind] = option((), "--kind", "Only this kind; repeatable.", what="kind of fruit")
    query: str | Query | None = option(None, "--query", "Which ones.")
    baskets: PathLike | Iterable[PathLike] = option((), "--basket", "From here.")
    names: Iterable[str] = option((), "--name", "So called.")
    pins: Iterable[int] = option((), "--pin", "Where.", least=1)
    cents: Collection[int] = option((), "--cents", "At most so much.", most=12)
    age: timedelta | None = option(None, "--age", "How old.", reads=lambda text: timedelta(days=float(text)))

    def __post_init__(self) -> None:
        if self.n == 7:
            raise UsageError("seven are too many")


class Apple(Fruit):
    """What apples are wanted."""

    n: int = option(5, "-n", "How many apples.", least=2)
    peeled: bool = option(True, "--no-peel", "With the peel.", about="Without the peel.")


def test_invalid_option_values_are_refused() -> None:
    cases = [
        ({"n": 0}, "n is from 1 to 9, not 0"),
        ({"n": 10}, "n is from 1 to 9, not 10"),
        ({"n": 7}, "seven are too many"),
        ({"weight_kg": 0.0}, "a weight is more than 0, at most 50, not 0"),
        ({"weight_kg": float("nan")}, "a weight is more than 0, at most 50, not nan"),
        ({"weight_kg": float("inf")}, "a weight is more than 0, at most 50, not inf"),
        ({"kinds": ["sweat"]}, "there is no kind of fruit 'sweat'; did you mean sweet"),
        ({"kinds": "sweet"}, "kinds are several names: \\['sweet'\\]"),
        ({"pins": [3, 0]}, "pins is 1 or more, not 0"),
        ({"pins": {2**63}}, "pins: the number is too large"),
        ({"cents": [1, 13]}, "cents is at most 12, not 13"),
        ({"n": 2.5}, "2.5 is no whole number"),
        ({"weight_kg": "heavy"}, "'heavy' is no number"),
        ({"weight_kg": True}, "True is no number"),
        ({"names": "pip"}, "names are several names: \\['pip'\\]"),
    ]
    for wrong, message in cases:
        with pytest.raises(UsageError, match=message):
            Fruit(**wrong)
        with pytest.raises(UsageError, match=message):
            replace(Fruit(), **wrong)


def test_options_parse_texts_inherit_rules_and_list_their_types() -> None:
    assert (Apple().n, Apple(n=12).n, Apple().names) == (5, 12, ())
    with pytest.raises(UsageError, match="n is 2 or more, not 1"):
        Apple(n=1)
    with pytest.raises(UsageError, match="seven are too many"):
        Apple(n=7)
    made = Fruit(age="2", names=(name for name in ["pip", "core"]), baskets="/b", query="is:ripe")  # type: ignore[arg-type]
    assert (made.age, made.names, made.baskets, made.query) == (timedelta(days=2), ("pip", "core"), "/b", "is:ripe")
    assert pickle.loads(pickle.dumps(made)) == made
    for number in (2**63, -(2**63), 10**400):
        with pytest.raises(UsageError, match="n: the number is too large"):
            Fruit(n=number)
    found = declared_options(Fruit)
    assert {name: option.is_list for name, option in found.items() if option.is_list} == dict.fromkeys(
        ("kinds", "baskets", "names", "pins", "cents"), True
    )
    assert found["kinds"].choices == ("sour", "sweet")
    assert {kind.__name__ for kind in found["query"].kinds} == {"str", "Query", "NoneType"}
    assert (found["n"].default, found["n"].flags, found["n"].most) == (3, "-n --count", 9)
    lines = (Apple.__doc__ or "").splitlines()
    assert lines[0] == "What apples are wanted."
    assert {"    n: How many apples.", "    kinds: Only this kind.", "    peeled: Without the peel."} <= set(lines)
    own, first = declared_options(Basket)["n"], declared_options(Fruit)["n"]
    assert (own.help, own.least) == ("How many pieces in all.", 2)
    assert (own.flags, own.most, own.default, own.hint) == (first.flags, first.most, first.default, first.hint)


class Basket(Fruit):
    """What is wanted, and what of it is there."""

    n: int = worded(Fruit, "n", help="How many pieces in all.", least=2)
    there: tuple[str, ...] = ()
    prices: dict[str, float] = field(default_factory=dict)


def test_internal_field_is_copied_but_cannot_be_given() -> None:
    basket = replace(Basket(n=5), there=("pip",), prices={"pip": 1.0})
    assert (replace(basket, n=6).there, basket.prices, Basket().prices) == (("pip",), {"pip": 1.0}, {})
    assert pickle.loads(pickle.dumps(basket)) == basket != Basket(n=5)
    assert hash(basket) == hash(Basket(n=5))
    assert "there" not in {*declared_options(Basket)} | {*repr(basket).replace("=", " ").split()}
    with pytest.raises(UsageError, match="there is no option 'there'"):
        given(Basket, None, {"there": ("core",)})
