"""`map4 stick`, and the job of the page."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from click import Abort
from conftest import Run
from extras.stick.stick_music import StickWorld
from people import bearer
from plan_jobs import API
from quarantines import opened
from schemas import validate, validated
from servers import client_of

from map4.cli.session import Session
from map4.core.music.track.cues import ImportedPhrase
from map4.extras.stick.anlz import analysis_files
from map4.server.admission import KEY_HEADER

pytestmark = pytest.mark.usefixtures("quick_ciphers")

pytest.importorskip("pyrekordbox", reason="needs pyrekordbox, the extra 'rekordbox'")


def test_command_plans_writes_and_checks(inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = StickWorld(tmp_path)
    lists, to = (world.folder / "Friday.m3u8", world.folder / "Late.m3u8"), ("--to", world.stick, "--folder")
    for incomplete in (lists, to, (*lists, "--to", world.stick)):
        assert inside("stick", *incomplete).returncode == 2
    planned = inside("stick", *lists, *to, "-n", "--player", "CDJ-2000NXS")
    assert planned.stdout.split() == ["list", "tracks", "Friday", "2", "new", "Late", "2", "new"]
    assert "0 tracks on the stick, 3 to copy, 1 of them converted for CDJ-2000NXS" in planned.stderr
    with monkeypatch.context() as full:
        full.setattr("map4.extras.stick.plan._SPARE_BYTES", 1 << 60)
        assert "Nothing was written" in inside("stick", *lists, *to, "-n").stderr
    refused = inside("stick", *lists, *to)
    assert (refused.returncode, "--yes" in refused.stderr, world.tree()) == (2, True, {})
    assert "did you mean cdj-3000" in inside("stick", *lists, *to, "--player", "cdj-3000y").stderr
    done = inside("stick", *lists, *to, "-y")
    assert (done.returncode, "is written and read back; you can pull it" in done.stderr) == (0, True)
    assert "has all of it already" in inside("stick", *lists, *to, "-n").stderr
    again = inside("stick", *lists, "--query", "title:one", *to, "-y", "--json")
    document = validated(again.stdout, "stick-write")
    states = {playlist["name"]: playlist["state"] for playlist in document["lists"]}
    assert states == {"Friday": "same", "Late": "same", "title:one": "new"}
    shown = inside("stick", "show", world.stick)
    assert [line.split() for line in shown.stdout.splitlines()[1:]] == [
        ["Friday", "2", "stays"], ["Late", "2", "stays"], ["title:one", "1", "stays"]
    ]  # fmt: skip
    assert validated(inside("stick", "show", world.stick, "--json").stdout, "stick-write")["others"] == 3
    assert inside("stick", "check", world.stick).returncode == 0
    (world.stick / "Contents/Ann/First/one.wav").unlink()
    faulty = inside("stick", "check", world.stick, "--json")
    assert (faulty.returncode, len(validated(faulty.stdout, "stick-check")["findings"])) == (3, 1)
    assert "players before 2023 show no tracks\n" in inside("stick", "check", world.folder / "music").stdout
    assert inside("stick", "show", world.folder / "music").returncode == 4


def test_question_counts_what_is_written_and_import_waits_for_it(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = StickWorld(tmp_path)
    questions: list[str] = []

    def refuse(session: Session, question: str, *, yes: bool, otherwise: str) -> None:
        questions.append(question)
        raise Abort

    (world.folder / "Some.m3u8").write_text(f"{world.music[0]}\n/away/x.mp3\n/away/y.mp3\n")
    to = ("--to", world.stick, "--folder")
    with monkeypatch.context() as refused:
        refused.setattr(Session, "require_yes", refuse)
        inside("stick", world.folder / "Some.m3u8", *to)
    inside("stick", world.folder / "Friday.m3u8", *to, "-y")
    imported: list[str] = []
    monkeypatch.setattr("map4.extras.stick.part.import_changes", lambda library, root: imported.append(root))
    monkeypatch.setattr(Session, "require_yes", refuse)
    inside("stick", world.folder / "Friday.m3u8", world.folder / "Late.m3u8", *to, "--import")
    assert [question.partition(":")[0] for question in questions] == [
        "Write 1 track", "Import what players changed and write 1 track"
    ]  # fmt: skip
    assert imported == []
    monkeypatch.undo()
    with monkeypatch.context() as noted:
        noted.setattr("map4.extras.stick.part.import_changes", lambda library, root: imported.append(root))
        assert inside("stick", world.folder / "Late.m3u8", *to, "--import", "-y").returncode == 0
    assert imported == [str(world.stick)]


def test_certificate_of_a_move_lists_what_a_stick_lacks(inside: Run, tmp_path: Path) -> None:
    pytest.importorskip("map4.extras.move")
    world, source = StickWorld(tmp_path), tmp_path / "source.xml"
    with opened(world.library) as library:
        cues = [{"position_s": 0.5, "number": 0, "name": "Drop", "color": "#123456"}, {"position_s": 1.0, "number": 8}]
        library.set(world.music[2], cues=cues, rating=4, comment="Late")
        for name in ("Friday", "Late"):
            library.imports.read(tmp_path / f"{name}.m3u8")
        library.export(source, with_grid=True)
        source.write_text(source.read_text().replace(" TrackID=", ' DateAdded="2019-08-23" TrackID='))
        library.imports.read(source)

    def lost() -> list[str]:
        with opened(world.library) as library:
            certificate = library.move(source, str(world.stick))
        assert {"dates", "grids", "names", "tempi"} <= {count.kind for count in certificate.kinds if count.equal}
        return [f"{loss.item} {loss.reason}" for loss in certificate.losses if loss.program_holds]

    no_stick = inside("move", source, world.stick)
    assert (no_stick.returncode, "there is no PIONEER/rekordbox/export.pdb in it" in no_stick.stderr) == (1, True)
    world.write("Friday")
    assert {"list it is not in the result", "track it is not in the result"} < {*lost()}
    world.write("Late")
    assert lost() == []
    done = inside("move", source, world.stick)
    assert (done.returncode, "Nothing was lost that a stick can hold." in done.stderr) == (0, True)
    stick = next(work.stick for work in world.plan("Late").works if work.stick.title == "three")
    drop, *others = stick.cues
    from map4.extras.move.compare_tracks import MoveTally, compare_track, names_of_values
    from map4.extras.move.source import read_stick
    from map4.extras.move.targets import STICK

    with opened(world.library) as library:
        three = next(track for track in read_stick(library, str(world.stick)).tracks if "three" in track.name)
    own, other = three.values.structure, (ImportedPhrase(start_s=0.6, end_s=2.0),)
    for phrases, losses in ((own, []), (other, [("changed", False)]), ((), [("missing", True)])):
        there = replace(three, track=replace(three.track, values=replace(three.values, structure=phrases)))
        known = names_of_values([three])
        compare_track(tally := MoveTally(STICK), three, there, known)
        assert [(loss.arrival, loss.program_holds) for loss in tally.losses] == losses
        [count] = [count for count in tally.kinds() if count.kind == "phrases"]
        assert (count.total, count.equal) == (1, phrases == own)
    for cues, reason in (([], "it is not in the result"), ([replace(drop, position_s=0.75)], "moved by +250 ms")):
        for suffix, data in analysis_files(replace(stick, cues=(*cues, *others))).items():
            (world.stick / (stick.analysis_path[1:-4] + suffix)).write_bytes(data)
        assert lost() == [f"hot cue A 'Drop' {reason}"]
    before = world.tree()
    document = validated(inside("move", source, world.stick, "--json").stdout, "move")
    assert (document["to"], document["output"], document["files"]) == ("stick", str(world.stick), [])
    refused = inside("move", source, world.stick, "-o", tmp_path / "moved")
    assert (refused.returncode, "only compared" in refused.stderr, world.tree() == before) == (2, True, True)


def test_server_writes_only_to_its_sticks(tmp_path: Path) -> None:
    world = StickWorld(tmp_path)
    with client_of(world.library, config={"serve.sticks": (str(world.stick),)}) as client:
        assert validate(client.get(f"{API}/sticks").json())["sticks"] == [str(world.stick)]
        body = {"playlist": "Friday", "to": str(world.stick)}
        stick, wrong = world.stick, {KEY_HEADER: "wrong"}
        for to, key, status in ((tmp_path, {}, 403), ("/\0", {}, 400), (stick, {}, 404), (stick, wrong, 403)):
            assert client.post(f"{API}/sticks", json=body | {"to": str(to)}, headers=key).status_code == status
        with opened(world.library) as library:
            token = library.credentials.add("t", scopes={"read", "own"}, account=library.accounts.add("Ann").number)
        for wanted, scope in (("import_first", "scan"), ("prune", "files")):
            refused = client.post(f"{API}/sticks", json=body | {wanted: True}, headers=bearer(token.secret))
            assert (refused.status_code, f"scope '{scope}'" in refused.json()["detail"]) == (403, True)


def test_folders_of_sticks_are_stored_whole(inside: Run, tmp_path: Path) -> None:
    (file := tmp_path / "map4.toml").touch()
    assert inside("config", "set", "serve.sticks", f"USB,{tmp_path}", "--config", file).returncode == 0
    assert f'sticks = ["{os.path.abspath("USB")}", "{tmp_path}"]' in file.read_text()
