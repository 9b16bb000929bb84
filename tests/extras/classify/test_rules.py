"""Providers without a network: the rules, and plug-ins of other packages."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from installed import install

from map4.core.music.track.labels import Labels
from map4.errors import UsageError
from map4.extras.classify.rules import Guarded, KeywordProvider, providers, rules_of
from map4.extras.shared.consent import Consent
from map4.labels import TrackFacts

FACTS = [TrackFacts(title="a", genre="Jazz"), TrackFacts(title="b", genre="Jazz")]

PLUGIN = """
from map4.core.music.track.labels import Labels

class OnlyA:
    def label(self, tracks):
        return [Labels(genre="Rock", family="Rock", confidence=1.0) if facts.title == "a" else None for facts in tracks]

class Broken:
    def label(self, tracks):
        raise RuntimeError("broke down")
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with providers, as pip would have installed it."""
    lines = ["[map4.labels.v1]", "onlya = own_labels:OnlyA", "broken = own_labels:Broken", "absent = own_labels:Absent"]
    install(tmp_path, "own_labels", "\n".join(lines), own_labels=PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)


def labels_of(name: str, warn: list[str]) -> list[str]:
    """The source of each track's label, of the first provider that has one."""
    found: list[Labels | None] = [None] * len(FACTS)
    for rule in rules_of(name, warn.append):
        found = [before or now for before, now in zip(found, rule.label(FACTS), strict=True)]
    return [labels.source for labels in found if labels is not None]


def test_keyword_rules_are_always_available_as_a_provider() -> None:
    assert "keywords" in providers()
    assert [labels and labels.genre for labels in KeywordProvider().label(FACTS)] == ["Jazz", "Jazz"]
    assert labels_of("keywords", []) == ["tag", "tag"]


@pytest.mark.usefixtures("plugin")
def test_plug_in_precedes_the_rules_and_states_its_name() -> None:
    assert {"onlya", "broken", "keywords"} <= set(providers())
    assert labels_of("onlya", []) == ["onlya", "tag"]


@pytest.mark.usefixtures("plugin")
def test_failing_plug_in_is_replaced_by_the_rules_with_a_warning() -> None:
    warnings: list[str] = []
    assert labels_of("broken", warnings) == ["tag", "tag"]
    assert warnings == ["the provider broken failed (RuntimeError: broke down); the rules continue"]
    with pytest.raises(UsageError, match=r"absent .* can't be loaded"):
        rules_of("absent", warnings.append)
    with pytest.raises(UsageError, match=r"there is no provider 'nobody'; there are claude, .*keywords"):
        rules_of("nobody", warnings.append)


def test_plug_in_with_too_few_labels_is_disabled_with_a_warning() -> None:
    class Short:
        def label(self, tracks: Sequence[TrackFacts]) -> list[Labels | None]:
            return []

    warnings: list[str] = []
    guarded = Guarded("short", Short(), warnings.append)
    assert guarded.label(FACTS) == guarded.label(FACTS) == [None, None]
    assert len(warnings) == 1


def test_consent_is_stored_per_host_and_fields(tmp_path: Path) -> None:
    path = str(tmp_path / "data" / "agreed.json")
    assert not Consent("a", ["x"], path).is_given
    Consent("a", ["x", "y"], path).give()
    assert Consent("a", ["x"], path).is_given
    assert not Consent("b", ["x"], path).is_given
    assert not Consent("a", ["x", "z"], path).is_given
    Path(path).write_text("[1")
    assert not Consent("a", ["x"], path).is_given
    Consent("a", ["x"], str(tmp_path / "data" / "agreed.json" / "below a file")).give()
