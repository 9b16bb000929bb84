"""What queries find, and how much of it is read."""

import math
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from examples_tried import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lanes import sampled
from made_library import analysis_of, put
from query_cases import ALL, CASES, NOW, fill
from stored import OpenStore, numbers_found, put_imported, put_own, put_track

from map4.core.audio.jobs import Stamp, TagsRead
from map4.core.base.text import folded
from map4.core.music.analysis.analysis import ANALYSIS_VERSION, KeySegment
from map4.core.music.analysis.inside import DrumPattern
from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.columns import Columns
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.harmony import HARMONIC_RULES, HarmonicRule, fits
from map4.core.music.query.context import ARTICLES, Preferences, QueryContext
from map4.core.music.query.fields import FIELDS, IS_WORDS, VALUE_FIELDS
from map4.core.music.query.parser import Query, Term
from map4.core.music.query.shuffle import apart, shuffle_key
from map4.core.music.query.terms import Words
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import DEFAULT_PREFERENCE
from map4.core.store.sql_store import Store
from map4.errors import QueryError
from map4.search.store import SqlTableRows

HERE = QueryContext(now=NOW)


@pytest.fixture(scope="module")
def filled(open_store: OpenStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(open_store(tmp_path_factory.mktemp("search"))) as store:
        fill(store)
        yield store


def test_queries_find_the_expected_tracks_in_every_field_and_long_texts(filled: Store) -> None:
    assert [(text, numbers_found(filled, text)) for text, _ in CASES] == [*CASES]
    for name in VALUE_FIELDS:
        known, unknown = numbers_found(filled, f"has:{name}"), numbers_found(filled, f"missing:{name}")
        assert sorted(known + unknown) == ALL
        assert sorted(numbers_found(filled, f"sort:{name}")) == sorted(numbers_found(filled, f"sort:{name}-")) == ALL
        # the unknown last, either way
        assert set(numbers_found(filled, f"sort:{name}-")[: len(known)]) == set(known)
        assert set(numbers_found(filled, FIELDS[name].example)) <= set(ALL)
        assert not FIELDS[name].measured or known, f"no track of tests/support/query_cases.py has a {name}"
    assert numbers_found(filled, '"' + "la " * 3000 + '"') == []
    assert numbers_found(filled, "x " * 200) == []
    assert numbers_found(filled, " ".join(["^x"] * 200)) == ALL
    assert numbers_found(filled, " or ".join(["bpm:~128"] * 100)) == [1]


def test_tempi_are_searched_by_likelihood_and_columns_follow_the_order(filled: Store) -> None:
    rows = filled.part(SqlTableRows).values(range(1, 12), ["second_bpm"], HERE)
    assert [row for row in rows if row[1] is not None] == [(5, 60.03)]
    tag_first = Preferences(sources=("tag", "measured", "imported"))
    assert numbers_found(filled, "bpm:64", preferences=tag_first) == [1]
    assert numbers_found(filled, "bpm:128", preferences=tag_first) == []
    assert numbers_found(filled, "bpm:87.5", preferences=tag_first) == [7]  # the user's own always
    # A tag comes without a confidence, so that nothing is in doubt.
    assert numbers_found(filled, "has:tempo-confidence", preferences=tag_first) == [2, 3, 5, 8]
    columns = filled.search.columns(Query.parse("sort:bpm- limit:3 offset:1"), HERE, hamms=True)
    assert columns.bpm.tolist() == [127.998, 120.06, 120.04]
    assert columns.hamms.shape == (3, 12)
    assert columns.hamms[0].tolist() == pytest.approx([i / 20 for i in range(12)])
    empty = filled.search.columns(Query.parse("artist:nobody"), HERE, hamms=True)
    assert len(empty) == 0
    assert empty.hamms.shape == (0, 12)
    assert filled.search.columns(Query.parse("limit:1"), HERE).hamms is None


def test_letters_without_a_base_letter_are_found_by_their_usual_spelling(store: Store) -> None:
    names = ["MØ", "Łódź", "Æther Œuvre", "Straße", "Þórr Guðmund", "Đorđe Ŋ", "Işık", "Mo"]
    for number, name in enumerate(names, 1):
        put_track(store, number, artist=name if number % 2 else "X", title=name)
    for spelled, numbers in (
        ("mo", [1, 8]), ("Mø", [1, 8]), ("lodz", [2]), ("łodz", [2]), ("aether oeuv", [3]), ("strasse", [4]),
        ('"STRASSE"', [4]), ("thorr gudmund", [5]), ("artist:=đorde", []), ("title:=đorde", []), ("dorde n", [6]),
        ("artist:isik", [7]), ("title:=MØ", [1, 8]), ("title:=łodz", [2]), ("^mo ^x", [3, 5, 7]),
    ):  # fmt: skip
        assert (spelled, numbers_found(store, spelled)) == (spelled, numbers)
    assert len(store.search.recordings_of(store.search.select(Query.parse("strasse"), HERE))) == 1


def test_artists_sort_by_their_sort_tag_and_without_articles(store: Store) -> None:
    names = [
        ("The Beatles", None),
        ("Abba", None),
        ("Ånd", "Zoé, Å"),
        ("the", None),
        ("Vellum", None),
        ("L\u00e9 Yak", None),
    ]
    for number, (name, sort) in enumerate(names, 1):
        put_track(store, number, artist=name, artist_sort=sort)

    def sorted_by(articles: tuple[str, ...], query: str) -> list[str | None]:
        context = replace(HERE, preferences=Preferences(articles=articles))
        return [track.tags.artist for track in store.search.select(Query.parse(query), context)]

    expected = ["Abba", "The Beatles", "the", "Vellum", "L\u00e9 Yak", "Ånd"]
    assert sorted_by(ARTICLES, "sort:artist") == expected
    assert sorted_by(ARTICLES, "sort:artist limit:3") == expected[:3]
    assert sorted_by((), "sort:artist")[-3:] == ["The Beatles", "Vellum", "Ånd"]
    assert sorted_by(ARTICLES, 'artist-sort:"zoe, a"') == ["Ånd"]


def test_a_random_order_is_the_same_in_every_store_and_part(store: Store) -> None:
    artists = ["Abba", "ABBA", "Can", "Can feat. Dub", "Can", None, None, "Dub"]
    for number, artist in enumerate(artists):
        put_track(store, number, artist=artist)
    tracks = [*store.search.select(Query.parse("shuffle:7"), HERE)]
    keys = {track.path: shuffle_key("7", track.audio_id or "") for track in tracks}
    drawn = sorted(tracks, key=lambda track: keys[track.path])
    assert [track.path for track in tracks] == apart((track.path, track.artist()) for track in drawn)
    for query in ("shuffle:7 limit:3", "shuffle:7 offset:3"):
        part = [track.path for track in store.search.select(Query.parse(query), HERE)]
        assert part == [track.path for track in (tracks[:3] if "limit" in query else tracks[3:])]
    found = [*store.search.select(Query.parse("artist:can or artist:dub sort:artist,random shuffle:7"), HERE)]
    assert [track.artist() for track in found] == ["Can", "Can", "Can feat. Dub", "Dub"]
    assert [track.path for track in found[:2]] == [track.path for track in drawn if track.artist() == "Can"]


@pytest.mark.parametrize("rule", sampled(HARMONIC_RULES, every=2))
def test_compatible_keys_follow_the_harmonic_rule(store: Store, rule: HarmonicRule) -> None:
    for number, key in enumerate((*ALL_KEYS, None)):
        put_track(store, number, key=key and key.camelot, path=f"/music/{number:02d}.mp3")
    got = store.search.select(Query.parse("key:~8A"), QueryContext(preferences=Preferences(harmonic=rule), now=NOW))
    wanted = Key.parse("8A")
    expected = [key for key in (*ALL_KEYS, None) if rule == "off" or (key and fits(rule, wanted, key))]
    assert [track.key() for track in got] == expected


def test_columns_agree_with_the_records_of_tracks(filled: Store) -> None:
    """What a query takes for tempo, key, level and confidence is what `to_record` gives."""
    for prefer in (("measured", "imported", "tag"), ("tag", "imported", "measured")):
        context = QueryContext(preferences=Preferences(sources=prefer), now=NOW)  # type: ignore[arg-type]
        columns = filled.search.columns(Query.parse(""), context)
        for row, track in enumerate(filled.tracks.tracks_by_id(columns.file_id.tolist())):
            record = replace(track, prefer=prefer).to_record()  # type: ignore[arg-type]
            tempo, key = record["tempo"] or {}, record["key"] or {}
            found = None if columns.key[row] == Columns.NO_KEY else ALL_KEYS[columns.key[row]]
            assert found == replace(track, prefer=prefer).key()  # type: ignore[arg-type]
            for value, expected in (
                (columns.bpm[row], tempo.get("bpm")),
                (columns.tempo_confidence[row], tempo.get("confidence")),
                (columns.key_confidence[row], key.get("confidence")),
                (columns.energy[row], (record["energy"] or {}).get("value")),
                (columns.loudness_lufs[row], record["loudness"]["integrated_lufs"]),
                (columns.duration_s[row], record["file"]["duration_s"]),
                (columns.year[row], record["tags"]["year"]),
            ):
                assert (None if math.isnan(value) else float(value)) == expected
            texts = (columns.artist[row], columns.title[row], columns.genre[row], columns.audio_id[row])
            tags = record["tags"]
            assert texts == (tags["artist"], tags["title"], tags["genre"], record["audio_id"])


@pytest.mark.parametrize("text", [
    "sort:rating-", "sort:rating,title-", "is:any sort:rating-,bpm", "^has:rating sort:rating",
    "genre:house sort:rating-", "^genre:house", "title:=cecilia", "^artist:zed", "genre:=House",
])  # fmt: skip
def test_pages_join_to_the_whole_result(filled: Store, text: str) -> None:
    whole = filled.search.file_ids(Query.parse(text), HERE)
    assert whole
    for limit in (1, 2, 5):
        pages = [Query.parse(f"{text} limit:{limit} offset:{at}") for at in range(0, len(whole) + limit, limit)]
        assert [file_id for page in pages for file_id in filled.search.file_ids(page, HERE)] == whole


@pytest.mark.parametrize("values", ["a; b; c", "a;; b", " a;b ; c", "; a", "a; ; b", "O'Neil\\x; Ä", "ﬁ; a b", ";a"])
def test_whole_value_query_matches_one_of_several_values_exactly(store: Store, values: str) -> None:
    put_track(store, 1, artist=values, genre=values)
    parts = f"; {folded(values.strip(' '))}; "
    texts = ("a", "b", "a; b", "b; c", "a; c", "b; a", "a;", ";a", "a;b", " a", "o'neil\\x", "ä", "ﬁ", "a b", "; b")
    for text in texts:
        words = Words(field="genre", text=text, how="whole")
        found = ids_with(store, words)
        assert (text, bool(found)) == (text, f"; {folded(text)}; " in parts)
        assert ids_with(store, replace(words, field="artist")) == found


def test_an_artist_is_found_by_every_credit(store: Store) -> None:
    put_track(store, 1, artist="A feat. Bé", title="One")
    put_track(store, 2, artist="A", title="Two (feat. Bé & Zed)")
    put_track(store, 3, artist="A; Carl", title="Three", composer="Bach", producer="Roy", remixer="Mix Er")
    put_track(store, 4, artist="A & C", title="Bé", artists="A; C")
    put_track(store, 5, artist=None, title=None)

    def numbers(text: str) -> list[int]:
        return numbers_found(store, f"{text} sort:path")

    names = ("be", '="bé"', "zed", "=carl", "bac", "=bach", "roy", "mix", "=c")
    found = [numbers(f"artist:{name}") for name in names]
    assert found == [[1, 2], [1], [2], [3], [3], [3], [3], [3], [4]]
    assert [numbers(text) for text in ("composer:bach", "composer:=bach", "producer:roy", "remixer:bach", "bach")] == [
        [3], [3], [3], [], [3],
    ]  # fmt: skip
    assert (numbers("has:producer"), numbers("composer:x"), numbers("sort:composer limit:1")) == ([3], [], [3])
    # An artist that you set replaces the tag's, but not the other credits.
    put_own(store, 3, artist="Else")
    put_own(store, 2, title="Two ft. Nob")
    put_own(store, 5, artist="D; E (feat.\u00a0!!!)")
    put_imported(store, {5: {"composer": "Liszt", "title": "Five (feat. Guest)"}, 3: {"composer": "Nobody"}})
    assert [numbers(f"artist:{text}") for text in ("carl", "else", "bach", "nob", "liszt", "=E", "=!!!", "=guest")] == [
        [], [3], [3], [2], [5], [5], [5], [5],
    ]  # fmt: skip
    assert (numbers("composer:liszt"), numbers("composer:nobody")) == ([5], [])
    # So with another order of sources, for which the index does not count.
    tag_last = (("artist", "imported"),)
    assert [numbers_found(store, f"artist:{text}", preferred=tag_last) for text in ("bach", "nob", "be", "=e")] == [
        [3],
        [2],
        [1],
        [5],
    ]


def ids_with(store: Store, words: Words) -> list[int]:
    return store.search.file_ids(Query(groups=((Term(condition=words),),)), HERE)


def test_files_are_counted_and_names_paths_and_ids_agree(filled: Store) -> None:
    found = filled.search.tallies(Query.parse(""), HERE)
    assert found.states == {"ok": 8, "failed": 1, "missing": 1, "pending": 1}
    assert (found.failures, found.stale) == ({"corrupt": 1}, 0)
    assert found.added == {"2020-01": 1, "2026-01": 5, "2026-06": 2}
    assert found.genres["House"] == 1
    besides = filled.search.tallies(Query.parse(""), HERE, without_ok=True)
    assert (besides.states["ok"], besides.states["failed"], besides.genres) == (0, 1, {})
    query = Query.parse("artist:zed or artist:bjork")
    ids = filled.search.file_ids(query, HERE)
    assert sorted(filled.search.matching(query, HERE)) == sorted(ids)
    assert sorted(filled.search.names(query, HERE)) == sorted(
        zip(ids, ("Björk", "Zed"), ("Jóga", "12:34"), strict=True)
    )
    assert list(filled.search.paths(query, HERE)) == list(filled.tracks.paths_by_id(ids))


# ---- never anything but an answer or a QueryError ------------------------------------------------


NAMES = [f"{name}:" for name in FIELDS]
MARKS = ["^", "~", "=", '"', "..", " or ", " ", ",", "-", "'", "*", "(", "/", "\0", "\ud800", "❤"]
VALUES = ["NEAR", "AND", "8A", "120", "-2w", "6m", "2026-01", "Björk", "日", *IS_WORDS, *VALUE_FIELDS]
PIECES = st.sampled_from([*NAMES, *MARKS, *VALUES])


@settings(max_examples=examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.lists(PIECES, max_size=10).map("".join), st.text(max_size=40), st.text(max_size=40).map("artist:{}".format)
    )
)
def test_store_answers_any_parsed_query(filled: Store, text: str) -> None:
    context = QueryContext(now=NOW, locate=lambda path: os.path.join("/music", path))
    try:
        query = Query.parse(text)
    except QueryError:
        return
    assert len(filled.search.file_ids(query, context)) <= filled.search.count(query, context) <= 11


# ---- paths, and what changes ---------------------------------------------------------------------


def test_paths_are_files_folders_links_and_either_form_of_unicode(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    for number, name in enumerate(("b.mp3", "a.mp3", "J\u00f3ga.mp3")):
        put_track(store, number, path=str(folder / name))

    def at(*paths: Path) -> tuple[list[str], tuple[str, ...]]:
        answer = store.search.at_paths([str(path) for path in paths])
        tracks = store.tracks.tracks_by_id(answer.file_ids)
        return [os.path.basename(track.path) for track in tracks], answer.unknown

    assert at(folder) == (["J\u00f3ga.mp3", "a.mp3", "b.mp3"], ())
    assert at(folder / "b.mp3", folder) == (["b.mp3", "J\u00f3ga.mp3", "a.mp3"], ())
    assert at(tmp_path / "link" / "a.mp3") == (["a.mp3"], ())
    assert at(folder / "Jo\u0301ga.mp3") == (["J\u00f3ga.mp3"], ())
    assert at(folder / "b", tmp_path / "b.mp3") == ([], (str(folder / "b"), str(tmp_path / "b.mp3")))


def test_query_by_key_follows_the_tag(store: Store) -> None:
    path = put_track(store, 1, analysed=False, tag_key="A minor")
    assert store.search.count(Query.parse("is:pending key:8A"), HERE) == 1
    for text, count in (("hip hop", 0), ("08a", 1), (None, 0)):
        store.tracks.put_tags(path, TagsRead(stamp=Stamp(1, 2, 3), tags=Tags(key=text)), now=NOW)
        assert store.search.count(Query.parse("is:pending key:8A"), HERE) == count


def test_names_without_a_title_come_from_the_file_name(store: Store) -> None:
    put_track(store, 1, path="/music/03_Daft_Punk_-_One_More_Time.mp3")
    assert [names[1:] for names in store.search.names(Query.parse(""), HERE)] == [("Daft Punk", "One More Time")]


def test_stale_finds_analyses_of_another_version(store: Store) -> None:
    put_track(store, 1)
    assert numbers_found(store, "is:stale") == []
    [track] = store.tracks.tracks(beats=True)
    older = replace(track.analysis, version=ANALYSIS_VERSION + 1)
    store.tracks.put_analysis(track.audio_id or "", older, now=NOW)
    assert numbers_found(store, "is:stale") == [1]


def test_joint_traits_agree_with_the_records_of_tracks(store: Store) -> None:
    names = ("swing", "first_key", "last_key", "tuning_cents", "tuning_uncertainty", "has_key_lock")
    for number in range(5):
        analysis = replace(analysis_of(number), drums=DrumPattern(kick="8" * 16, swing=0.6))
        parts = tuple(
            KeySegment(start_s=90.0 * n, end_s=90.0 * n + 90.0, key=ALL_KEYS[n], confidence=0.8)
            for n in range(2 if number < 3 else 0)
        )
        key = analysis.key and replace(analysis.key, tuning_cents=(0.0, 43.0, -43.0, 12.0, 0.0)[number])
        analysis = replace(analysis, key=key if number < 4 else None, key_map=parts)
        put(store.tracks, number, analysis, tags=Tags(key="3A"))
    put_own(store, 1, key="7B")
    for has_key_lock, first in ((True, "measured"), (False, "tag")):
        sources = tuple(sorted(DEFAULT_PREFERENCE, key=lambda source: source != first))
        preferences = Preferences(sources=sources, has_key_lock=has_key_lock)
        context = replace(store.context(), preferences=preferences)
        ids = store.search.file_ids(Query.parse(""), context)
        found = store.search.joint_traits(ids, context)
        assert len(found) == 5
        for track, file_id in zip(store.tracks.tracks_by_id(ids), ids, strict=True):
            expected = MixTraits.of(replace(track, prefer=sources, has_key_lock=has_key_lock))
            assert [getattr(found[file_id], name) for name in names] == [getattr(expected, name) for name in names]
