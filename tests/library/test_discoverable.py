"""What a person finds out about the Python face by asking it: `dir`, signatures, docstrings, and near names."""

import inspect
import re
import sys

import pytest

import map4
from map4 import Library
from map4.core.music.track.track import Track
from map4.duplicates.options import DuplicateOptions
from map4.errors import UsageError

PARTS = tuple(part for name, part in inspect.getmembers(Library, inspect.isclass) if not name.startswith("_"))


CALLS = {
    f"{owner.__name__}.{name}": call
    for owner in (Library, *PARTS)
    for name, call in inspect.getmembers(owner, inspect.isfunction)
    if not name.startswith("_") and "keywords" in call.__annotations__
}


def test_package_exports_public_names_and_bound_signatures() -> None:
    assert [name for name in dir(map4) if not name.startswith("_")] == ["Library", "errors", "plugins"]
    assert all(getattr(map4, name) is not None for name in dir(map4))
    with pytest.raises(AttributeError, match="no attribute 'Libary'"):
        map4.Libary  # noqa: B018
    with Library.open(Library.IN_MEMORY) as library:
        signature = inspect.signature(library.similar)
        assert list(signature.parameters)[:3] == ["files", "options", "n"]
        assert signature.parameters["n"].default == 20
        assert signature.bind(["a.mp3"], n=3).arguments == {"files": ["a.mp3"], "n": 3}
        with pytest.raises(TypeError, match="unexpected keyword argument 'count'"):
            signature.bind(["a.mp3"], count=3)


def test_signatures_have_the_options_as_documented_keywords() -> None:
    for name in CALLS:
        parameters = inspect.signature(CALLS[name]).parameters
        assert inspect.Parameter.VAR_KEYWORD not in {parameter.kind for parameter in parameters.values()}
        defaults = [parameter.default for parameter in parameters.values() if parameter.kind is parameter.KEYWORD_ONLY]
        assert defaults
        assert inspect.Parameter.empty not in defaults
    for name in CALLS:
        call = CALLS[name]
        [(module, record)] = re.findall(r"as an? `([\w.]+)\.(\w+)`", inspect.getdoc(call) or "")
        __import__(module)
        doc = inspect.getdoc(getattr(sys.modules[module], record)) or ""
        first = {name for name in call.__annotations__ if name not in ("keywords", "return")} | {"self"}
        assert {*inspect.signature(call).parameters} - first <= set(re.findall(r"^(\w+): \S", doc, re.MULTILINE))


def test_mistakes_in_calls_are_refused_at_once_with_a_hint() -> None:
    cases = [
        (lambda library: library.playlist(seed="a.mp3"), "no option 'seed'; did you mean seeds, the first argument?"),
        (lambda library: library.playlist(minute=3), "no option 'minute'; did you mean minutes?"),
        (lambda library: library.search(genre="house"), "no option 'genre'; did you mean search('genre:house')?"),
        (lambda library: library.count(bpm=120, gener="a b"), """did you mean count('bpm:120 genre:"a b"')?"""),
        (lambda library: library.tracks.all(x=1), "all has no option 'x'; there are beats, sound"),
        (lambda library: library.scan("a", "b"), "options are keywords or a ScanOptions, not 'b'; give several values"),
        (lambda library: library.search(5), "a query is a text or a Query, not 5"),
        (lambda library: library.plans.make("scna"), "no kind of jobs 'scna'; did you mean scan?"),
        (lambda library: library.plays.add(Track(path="/a", state="ok"), source="pyton"), "no source of plays 'pyton'"),
        (lambda library: library.tracks.about_table("musical key"), "no notation of keys 'musical key'"),
        (lambda library: library.accounts.audit(after=10**20), "a number is too large"),
    ]
    for ask, hint in cases:
        with Library.open(Library.IN_MEMORY) as library, pytest.raises(UsageError, match=re.escape(hint)):
            ask(library)
    usual = DuplicateOptions(kinds=["likely"])
    with Library.open(Library.IN_MEMORY) as library:
        for ask in (
            lambda: library.duplicates.find_events(usual, least_certainty=2),
            lambda: library.duplicates.find_events(options=usual, least_certainty=2),
            lambda: library.duplicates.find_events(least_certainty=2),
        ):
            with pytest.raises(UsageError, match="a certainty is from 0 to 1, not 2"):
                ask()
        find = library.duplicates.find
        assert find(usual) == find(options=usual) == find() == []
        with pytest.raises(TypeError):
            find(usual, usual)
