"""Joints of a list that a person changed: kept with the list, planned again wherever both tracks are neighbours."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from away_files import leave
from click.testing import CliRunner
from made_library import path_of
from mixable_tracks import make_mixable_library
from schemas import validated
from servers import settings_of
from starlette.testclient import TestClient

from map4.cli.main import cli
from map4.core.music.mixing.mix_plan import MixPlan
from map4.errors import UsageError
from map4.library import Library
from map4.server.app import make_app


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_mixable_library(tmp_path / "library.map4")


@pytest.fixture
def library(path: Path) -> Iterator[Library]:
    with Library.open(path) as opened:
        tracks = [track for track in opened.search("") if track.path in {path_of(number) for number in range(4)}]
        opened.lists.save("Friday", opened.lists.in_order(None, tracks))
        yield opened


def plans(library: Library) -> list[MixPlan | None]:
    picks = library.lists.content("Friday").picks
    return [pick.plan if isinstance(pick.plan, MixPlan) else None for pick in picks]


def test_changed_joint_belongs_to_the_entry_of_a_file_that_is_away(library: Library, path: Path) -> None:
    first, second, third, _ = [str(track.audio_id) for track in library.lists.content("Friday").tracks]
    leave(path, path_of(1), path_of(4))
    library.lists.join("Friday", 2, bars=4)
    library.lists.join("Friday", 3, bars=8)
    joints = library.lists.read_stored("Friday").header.joints
    assert [(joint.of, joint.to) for joint in joints] == [(first, second), (second, third)]
    assert [plan and plan.bars for plan in plans(library)] == [None, 4, 8, None]


def test_edited_joint_is_kept_while_its_tracks_are_neighbours(library: Library) -> None:
    planned = library.lists.join("Friday", 3, reset=True)
    assert isinstance(planned, MixPlan)
    assert plans(library) == [None] * 4  # as planned: nothing is kept
    made = library.lists.join("Friday", 3, bars=4, kind="fade")
    assert (made.bars, made.kind, made.enter.at_s) == (4, "fade", planned.enter.at_s)
    assert plans(library) == [None, None, made, None]
    later = library.lists.join("Friday", 3, leave_s=planned.leave.at_s - 8.1)  # what was changed before stays
    assert (later.bars, later.kind) == (4, "fade")
    assert later.leave.at_s == pytest.approx(planned.leave.at_s - 8.0, abs=0.1)  # the nearest beat
    library.lists.join("Friday", 2, bars=2)
    library.lists.join("Friday", 2, reset=True)
    assert plans(library) == [None, None, later, None]
    library.lists.apply(library.lists.moved("Friday", 4, 1))
    assert plans(library) == [None, None, None, later]
    library.lists.apply(library.lists.moved("Friday", 4, 2))
    assert plans(library) == [None] * 4
    library.lists.apply(library.lists.moved("Friday", 2, 4))
    assert plans(library) == [None, None, None, later]


def test_check_plans_transitions_as_mix_does_but_none_before_the_first(library: Library) -> None:
    kept = library.lists.join("Friday", 2, bars=4)
    mixes = [library.mix(path_of(place), path_of(place + 1)) for place in (1, 2)]
    steps = library.lists.check("Friday", suggest=False).steps
    assert [step.joint for step in steps] == [kept, *(mix.plan for mix in mixes)]
    assert [step.rating for step in steps[1:]] == [mix.transition.rating for mix in mixes]
    for place, why in ((1, "a place from 2"), (5, "no place 5")):
        with pytest.raises(UsageError, match=why):
            library.lists.join("Friday", place, bars=8)


def test_undo_is_the_version_before(library: Library) -> None:
    library.lists.join("Friday", 2, kind="cut")
    [cut] = [plan for plan in plans(library) if plan]
    assert cut.lasts_s == pytest.approx(0.01)
    assert cut.speed == 1.0
    library.lists.apply(library.lists.brought_back("Friday", 1))
    assert plans(library) == [None] * 4
    library.lists.apply(library.lists.brought_back("Friday", 2))
    assert [plan for plan in plans(library) if plan] == [cut]


def test_exports_contain_the_joint_in_json_and_as_cue_points(library: Library) -> None:
    made = library.lists.join("Friday", 2, bars=8)
    assert isinstance(made, MixPlan)
    written = {}
    for name in ("json", "rekordbox"):
        out = io.BytesIO()
        library.export(out, to=name, playlist="Friday")
        written[name] = out.getvalue().decode()
    tracks, record = (json.loads(written["json"])[name] for name in ("tracks", "playlist"))
    [joint] = record["joints"]
    ids = [track["audio_id"] for track in tracks]
    assert joint == {
        "from": ids[0], "to": ids[1], "leave_s": None, "enter_s": None, "bars": 8, "kind": None, "swap_s": None
    }  # fmt: skip
    assert record["picks"][1]["transition"]["plan"]["kind"] == "bass_swap"
    marks = dict(re.findall(r'Name="(Mix out|Mix in)" Type="0" Start="([0-9.]+)"', written["rekordbox"]))
    places = {"Mix out": made.leave.at_s, "Mix in": made.enter.at_s}
    assert {name: float(at) for name, at in marks.items()} == pytest.approx(places, abs=0.06)  # rekordbox's time zero


def test_the_command_and_the_route_change_the_same_joint(library: Library, path: Path) -> None:
    words = ["--library", str(path), "playlist", "joint", "Friday", "2", "--kind", "cut", "--leave"]
    result = CliRunner().invoke(cli, [*words, "1:3"])
    assert (result.exit_code, "write 3:21.5 or 201.5" in result.stderr) == (2, True)
    result = CliRunner().invoke(cli, [*words, "1:30.2"])
    assert result.exit_code == 0, result.output
    [kept] = library.lists.content(library.lists.read_stored("Friday")).header.joints
    assert (kept.kind, kept.leave_s) == ("cut", 90.2)
    result = CliRunner().invoke(cli, [*words[:-3], "--reset", "--bars", "4"])
    assert "16 beats together" in result.stderr
    result = CliRunner().invoke(cli, [*words[:-3], "--bars", "4", "--json"])
    document = validated(result.stdout, "joint")
    assert (document["plan"]["kind"], document["no_plan"]) == ("bass_swap", None)
    with TestClient(make_app(settings_of(path)), base_url="http://localhost") as client:
        address = f"/api/v1/lists/{library.lists.id_of('Friday')}/ops"
        answer = client.post(
            address, json={"op": "joint", "at": 2, "kind": "cut", "leave_s": 90.2, "swap_s": 91.0}
        ).json()
        assert answer["picks"][1]["transition"]["plan"]["kind"] == "cut"
        [joint] = answer["joints"]
        assert [joint[name] for name in ("bars", "kind", "leave_s", "swap_s")] == [4, "cut", 90.2, 91.0]
        answer = client.post(address, json={"op": "joint", "at": 2, "reset": True}).json()
        assert "joints" not in answer
