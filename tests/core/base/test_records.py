"""Records as JSON: names, order, rounding, what is left out, and what leads on to another record."""

from collections.abc import Mapping
from typing import Annotated

import pytest

from map4.core.base.records import IF_GIVEN, Absent, Count, Fraction3, Json, Record, ShownPath
from map4.core.music.analysis.key import Key


class Cup(Record, members="volume=volume_ml warmth key=key.camelot"):
    """A cup."""

    volume_ml: int
    warmth: Fraction3 | None = None
    key: Key | None = None


class Table(
    Record,
    kind="table",
    is_bare=True,
    members="number=place+1 path cups fullest=best.volume_ml size.width=width size.depth=depth guests laid from=origin",
):
    """A table."""

    place: int
    path: str | None = None
    cups: tuple[Cup, ...] = ()
    best: Cup | None = None
    width: float = 1.0
    depth: Annotated[float, Json(1)] = 2.0
    guests: Annotated[Mapping[str, Count], Json(each="name")]
    laid: bool | Absent = ...
    origin: ShownPath | None = None


class Room(Record, kind="room", members="guests=table.guests table"):
    """A room with a table."""

    table: Table


def test_members_have_their_name_order_rounding_null_and_path_bytes() -> None:
    cup = Cup(volume_ml=200, warmth=0.12345, key=Key.parse("Am"))
    table = Table(place=0, cups=(cup,), best=cup, depth=2.26, guests={"Ann": 2})
    assert list(table.to_record().items()) == [
        ("number", 1),
        ("path", None),
        ("cups", [{"volume": 200, "warmth": 0.123, "key": "8A"}]),
        ("fullest", 200),
        ("size", {"width": 1.0, "depth": 2.3}),
        ("guests", [{"name": "Ann", "count": 2}]),
        ("from", None),
    ]
    assert Table(place=3, guests={}).to_record()["fullest"] is None
    assert Cup(volume_ml=1).to_record() == {"volume": 1, "warmth": None, "key": None}
    record = Table(place=0, path="/m/\udcff", origin="/o/\udcff", guests={}).to_record()
    assert list(record)[:3] == ["number", "path", "path_bytes"]
    assert (record["path"], record["path_bytes"], record["from"]) == ("/m/�", "L20v/w==", "/o/�")


def test_schema_is_in_documents_and_members_may_be_omitted() -> None:
    table = Table(place=0, guests={"Ann": 1, "Bo": 0}, laid=True)
    assert "schema" not in table.to_record()
    assert table.document() == {"schema": "map4/table/1", **table.to_record()}
    room = Room(table=table).to_record()
    assert room["schema"] == "map4/room/1"
    assert room["guests"] == room["table"]["guests"] == [{"name": "Ann", "count": 1}, {"name": "Bo", "count": 0}]
    assert room["table"]["laid"] is True
    with pytest.raises(TypeError, match="members_of"):
        type("Wrong", (Record,), {}, members_of="a")
    assert Menu().to_record() == {}
    assert Menu(pages=2, soup="", drinks=("tea",)).to_record() == {"pages": 2, "soup": "", "drinks": ["tea"]}
    assert Shelf(paths=("/a.mp3", "/\udcff.mp3")).to_record()["paths"] == ["/a.mp3", "/\ufffd.mp3"]
    assert Shelf().to_record() == {"books": 0, "paths": []}


class Menu(Record):
    """A menu."""

    pages: Annotated[int, IF_GIVEN] = 1
    soup: Annotated[str | None, IF_GIVEN] = None
    drinks: Annotated[tuple[str, ...], IF_GIVEN] = ()


class Shelf(Record, members="books=count * -width"):
    """A shelf."""

    paths: tuple[ShownPath, ...] = ()
    width: float = 1.0
    count: int = 0
