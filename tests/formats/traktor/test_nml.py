"""Places, keys, ratings, dates and colours as Traktor has them."""

from hypothesis import given
from hypothesis import strategies as st
from listed import PATHS

from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.formats.traktor.nml import (
    NmlLocation,
    color_number,
    color_of_number,
    key_number,
    key_of_number,
    location_of_key,
    location_of_parts,
    nml_date,
    nml_location,
    ranking_of,
    stars_of,
)
from map4.formats.values import utc_moment_of

# Path, VOLUME, DIR, FILE.
PLACES = [
    ("/Users/ann/Music/a.mp3", "Macintosh HD", "/:Users/:ann/:Music/:", "a.mp3"),
    ("/a.mp3", "Macintosh HD", "/:", "a.mp3"),
    ("/Volumes/USB 1/House/a.mp3", "USB 1", "/:House/:", "a.mp3"),
    ("/Volumes/a.mp3", "Macintosh HD", "/:Volumes/:", "a.mp3"),
    ("D:/Music/a.mp3", "D:", "/:Music/:", "a.mp3"),
    ("d:\\Music\\House\\a.mp3", "d:", "/:Music/:House/:", "a.mp3"),
    ("C:/a.mp3", "C:", "/:", "a.mp3"),
    ("\\\\nas\\music\\House\\a.mp3", "\\\\nas\\music", "/:House/:", "a.mp3"),
    ("/Users/ann/AC:DC/1:2.mp3", "Macintosh HD", "/:Users/:ann/:AC//DC/:", "1//2.mp3"),
    ("/Users/:/:/:.mp3", "Macintosh HD", "/:Users/:///:///:", "//.mp3"),
    ("/Volumes/My:Disk:/a.mp3", "My//Disk//", "/:", "a.mp3"),
]  # fmt: skip


def test_paths_and_nml_locations_correspond_in_all_readings() -> None:
    for path, volume, directory, file in PLACES:
        place = nml_location(path)
        assert (place.volume, place.directory, place.file) == (volume, directory, file)
        assert place.key == volume + directory + file
        same = path[0] + path[1:].replace("\\", "/") if path[1:3] == ":\\" else path
        for read in (location_of_key(place.key), location_of_parts(volume, directory, file)):
            assert read == place
            assert read.paths()[0] == same
    cases = [
        (NmlLocation(volume="osx", names=("Users", "a.mp3")), ["/Users/a.mp3", "/Volumes/osx/Users/a.mp3"]),
        (NmlLocation(volume="USB", names=("House", "a.mp3")), ["/Volumes/USB/House/a.mp3", "/House/a.mp3"]),
        (NmlLocation(volume="Macintosh HD", names=("x", "a.mp3")), ["/x/a.mp3", "/Volumes/Macintosh HD/x/a.mp3"]),
        (NmlLocation(volume="", names=("x", "a.mp3")), ["/x/a.mp3"]),
        (NmlLocation(volume="C:", names=("x", "a.mp3")), ["C:/x/a.mp3"]),
        (location_of_key("no separator at all.mp3"), ["/no separator at all.mp3"]),
        (location_of_key("/:"), ["/"]),
        (location_of_parts("qwer", "xxxx", "a.mp3"), ["/Volumes/qwer/xxxx/a.mp3", "/xxxx/a.mp3"]),
    ]
    assert [(place, list(place.paths())) for place, _ in cases] == cases


@given(path=PATHS, volume=st.sampled_from(["Macintosh HD", "osx", "A:B", ":", ""]))
def test_any_path_comes_back(path: str, volume: str) -> None:
    place = nml_location(path, volume)
    assert path in place.paths()
    assert location_of_key(place.key) == place
    assert location_of_parts(place.volume, place.directory, place.file) == place


def test_keys_stars_dates_and_colours_convert_to_traktor_and_back() -> None:
    major = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"]
    assert [key_number(Key.parse(name)) for name in major] == list(range(12))
    assert [key_number(Key.parse(f"{name}m")) for name in major] == list(range(12, 24))
    assert {key_of_number(key_number(key)) for key in ALL_KEYS} == set(ALL_KEYS)
    assert key_of_number(-1) is None
    assert key_of_number(24) is None
    for number, text in [(12, "10m"), (22, "3A"), (13, "12A"), (14, "7A"), (22, "8m")]:
        assert key_of_number(number) == Key.parse(text)
    assert [ranking_of(stars) for stars in (1, 2, 3, 4, 5, 3.5, 9)] == [51, 102, 153, 204, 255, 179, 255]
    assert [stars_of(ranking) for ranking in (0, -1, 1, 51, 178, 180, 255, 999)] == [None, None, 0.5, 1, 3.5, 3.5, 5, 5]
    assert nml_date("2019-08-23") == "2019/8/23"
    assert nml_date("soon") is None
    assert [utc_moment_of(text) for text in ("2019/13/1", "x/y/z", "", "1/2", f"{10**20}/1/1")] == [None] * 5
    colors = [color_of_number(number) for number in range(9)]
    assert (colors[0], colors[8]) == (None, None)
    assert [color_number(color) for color in colors[1:8] if color] == list(range(1, 8))
    cases = [("#ff0000", 1), ("#ff007f", 7), ("#00ff00", 4), ("#0000ff", 5), ("#25fde9", 5), ("#808080", None),
    ("#000000", None), ("#ffffff", None), ("red", None)]  # fmt: skip
    assert [(color, color_number(color)) for color, _ in cases] == cases


# What collections that Traktor wrote say of the same track, as MUSICAL_KEY and as text.
