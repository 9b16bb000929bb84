"""Copies for old DJ players: what they contain, and that each time still names the same sample."""

import io
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
import soundfile
from conftest import Run
from lanes import sampled
from mutagen.id3 import ID3
from PIL import Image

from map4 import Library
from map4.core.audio.converting import Encoding
from map4.core.audio.decode import open_audio
from map4.exports.deck_copies import write_deck_file
from map4.scan.workers.lanes import inline_lanes

LAME_SAMPLES = 1105
CLICK_S = 2.345


def clicking(path: Path, rate_hz: int, subtype: str = "PCM_24") -> np.ndarray:
    """Write quiet noise with one loud sample at `CLICK_S`; returns the samples."""
    y = np.random.default_rng(rate_hz).normal(0.0, 0.01, (rate_hz * 6, 2))
    y[round(CLICK_S * rate_hz)] = 0.9
    soundfile.write(path, y, rate_hz, subtype=subtype)
    return soundfile.read(path, dtype="int32")[0]


@pytest.mark.parametrize(
    ("form", "rate_hz"),
    sampled(
        [
            ("mp3-320", 96_000),
            ("mp3-320", 48_000),
            ("wav", 96_000),
            ("wav", 44_100),
            ("aiff", 48_000),
            ("mp3-320", 44_100),
        ],
        every=2,
    ),
)
def test_converted_click_keeps_its_position_in_all_decoders(tmp_path: Path, form: str, rate_hz: int) -> None:
    source, made = tmp_path / "click.flac", tmp_path / f"made.{form.removesuffix('-320')}"
    clicking(source, rate_hz)
    with open_audio(str(source)) as stream:
        assert write_deck_file(stream, str(made), form, {"title": "Click"}, bits=24) == 0  # type: ignore[arg-type]
    with open_audio(str(made)) as stream:
        own = np.concatenate(list(stream.blocks()))
    theirs, _ = soundfile.read(made)
    own_hz = 44_100 if rate_hz == 44_100 or form == "mp3-320" else 48_000
    assert soundfile.info(made).samplerate == own_hz
    at = [int(np.abs(samples[:, 0]).argmax()) for samples in (own, theirs)]
    assert at == pytest.approx([CLICK_S * own_hz] * 2, abs=0.51)  # half a sample: the click lies between two


def test_mp3_copy_begins_later_for_a_program_that_ignores_its_stated_delay(tmp_path: Path) -> None:
    source, made, bare = (tmp_path / name for name in ("click.flac", "made.mp3", "bare.mp3"))
    clicking(source, 44_100)
    with open_audio(str(source)) as stream:
        write_deck_file(stream, str(made), "mp3-320", {"title": "Click"}, bits=24)
    with av.open(str(made)) as file:
        bare.write_bytes(b"".join(bytes(packet) for packet in file.demux(audio=0) if packet.size))
    heeding, ignoring = (int(np.abs(soundfile.read(path)[0][:, 0]).argmax()) for path in (made, bare))
    assert ignoring == heeding + LAME_SAMPLES  # the delays of the encoder and the decoder


@pytest.mark.parametrize(("bits", "form"), [(16, "wav"), (24, "wav"), (16, "aiff"), (24, "aiff")])
def test_lossless_copies_are_exact_and_have_the_old_header(tmp_path: Path, bits: int, form: str) -> None:
    source, made = tmp_path / "a.flac", tmp_path / f"a.{form}"
    samples = clicking(source, 44_100, f"PCM_{bits}")
    with open_audio(str(source)) as stream:
        write_deck_file(stream, str(made), form, {"title": "Höhe"}, bits=bits)  # type: ignore[arg-type]
    assert np.array_equal(soundfile.read(made, dtype="int32")[0], samples)
    assert soundfile.info(made).subtype == f"PCM_{bits}"
    # PCM; old players reject the extensible header (fe ff).
    assert form != "wav" or made.read_bytes()[20:22] == b"\x01\x00"
    tags = mutagen.File(made).tags
    assert (str(tags["TIT2"]), tags.version[:2]) == ("Höhe", (2, 3))


@pytest.mark.contract
@pytest.mark.parametrize("form", sampled(["mp3-320", "wav", "aiff"], every=3))
def test_full_disk_during_conversion_raises_a_system_error(tmp_path: Path, form: str) -> None:
    clicking(tmp_path / "a.flac", 44_100)
    script = f"""
import resource, signal
from map4.exports.deck_copies import write_deck_file
from map4.core.audio.decode import open_audio
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with open_audio("a.flac") as stream:
        write_deck_file(stream, "full", {form!r}, {{}})
except OSError as error:
    print("refused", error.strerror)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout.startswith("refused "), done.stderr) == (True, "")


def test_samples_above_full_scale_are_counted_and_lowered_by_a_gain(tmp_path: Path) -> None:
    source = tmp_path / "loud.wav"
    soundfile.write(source, np.full((4410, 1), 1.5), 44_100, subtype="FLOAT")
    clipped = []
    for gain_db in (0.0, -6.0):
        with open_audio(str(source)) as stream:
            clipped.append(write_deck_file(stream, str(tmp_path / "a.wav"), "wav", {}, gain_db=gain_db))
    assert clipped == [2 * 4410, 0]


@pytest.fixture(scope="module")
def library_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deck")
    clicking(folder / "a.flac", 44_100)
    loud = mutagen.File(folder / "a.flac")
    loud.update({"title": "Eins", "artist": "Ann", "date": "1999", "bpm": "120"})
    loud.save()
    y = np.random.default_rng(1).normal(0.0, 0.3, (44_100 * 6, 2)).clip(-1, 1).astype(np.float32)
    with Encoding(str(folder / "b.mp3"), "mp3", rate_hz=44_100, kbps=192) as encoding:
        encoding.add(y)
    picture = io.BytesIO()
    Image.new("RGB", (1500, 1500), "red").save(picture, "PNG")
    (folder / "cover.png").write_bytes(picture.getvalue())
    with Library.open(folder / "library.map4", lanes=inline_lanes) as library:
        library.scan([folder])
        library.set([folder / "a.flac"], cues=[{"position_s": CLICK_S, "number": 0}], rating=4)
        library.set([folder / "b.mp3"], title="Zwei", cues=[{"position_s": CLICK_S}])
    return folder


@pytest.mark.parametrize("form", [None, "wav"])
def test_copies_never_replace_music_of_the_library(tmp_path: Path, form: str | None) -> None:
    first, second = tmp_path / "02 Eins.wav", tmp_path / "01 Eins.wav"
    for rate_hz, path in ((44_100, first), (48_000, second)):
        clicking(path, rate_hz)
    before = first.read_bytes(), second.read_bytes()
    with Library.open(tmp_path / "library.map4", create=True, lanes=inline_lanes) as library:
        library.scan([tmp_path])
        library.set([first, second], title="Eins")
        done = library.export(tmp_path, files=[first, second], copies=True, copy_format=form, force=True)
    assert (first.read_bytes(), second.read_bytes()) == before
    assert [remark.count("is music of the library, which stays") for remark in done.remarks][:2] == [1, 1]


@pytest.mark.parametrize(("form", "later_s"), sampled([("mp3-320", LAME_SAMPLES / 44_100), ("wav", 0.0)], every=2))
def test_copies_have_tags_and_cues(inside: Run, library_once: Path, tmp_path: Path, form: str, later_s: float) -> None:
    out = tmp_path / "stick"
    export = ("--library", library_once / "library.map4", "export", library_once / "a.flac", library_once / "b.mp3")
    command = (*export, "--name", "Fri", "--copies", out, "--format", form, "--with-cues", "imported")
    assert inside(*command).returncode == 0
    suffix = form.removesuffix("-320")
    names = [f"01 Ann - Eins.{suffix}", f"02 Zwei.{suffix}"]
    assert sorted(file.name for file in out.iterdir()) == [*names, "Fri.m3u8", "Fri.xml"]
    tags = mutagen.File(out / names[0]).tags
    assert [str(tags[name]) for name in ("TIT2", "TPE1", "TDRC", "TBPM")] == ["Eins", "Ann", "1999", "120"]
    with Image.open(io.BytesIO(tags.getall("APIC")[0].data)) as cover:
        assert (cover.format, cover.size) == ("JPEG", (800, 800))
    root = ElementTree.parse(out / "Fri.xml").getroot()
    marks = [float(mark.get("Start", "")) for mark in root.iter("POSITION_MARK")]
    assert marks == pytest.approx([CLICK_S + later_s] * 2, abs=0.0006)  # the XML has milliseconds
    assert len(root.findall(".//NODE[@Name='Fri']/TRACK")) == 2

    before = [(out / name).stat().st_ino for name in names]
    assert (inside(*command).returncode, [(out / name).stat().st_ino for name in names]) == (0, before)
    (out / names[1]).write_bytes(b"mine")
    kept = inside(*command)
    assert (kept.returncode, f"{names[1]} exists and was kept" in kept.stderr) == (3, True)
    assert (out / names[1]).read_bytes() == b"mine"
    assert (out / "Fri.xml").read_text().count("POSITION_MARK") == 1  # none for another sound


def test_copies_of_other_formats_get_the_loudness(inside: Run, library_once: Path, tmp_path: Path) -> None:
    export = ("--library", library_once / "library.map4", "export", "--query", "", "--copies")
    assert inside(*export, tmp_path / "plain", "--format", "mp3-320").returncode == 0
    kept = tmp_path / "plain" / "02 Zwei.mp3"
    own, copied = (path.read_bytes()[ID3(path).size :] for path in (library_once / "b.mp3", kept))
    assert copied == own
    assert ID3(kept, translate=False).version[:2] == (2, 3)
    done = inside(*export, tmp_path / "loud", "--format", "wav", "--loudness", "-8")
    assert "2 copies are up to" in done.stderr
    peaks = [np.abs(soundfile.read(file)[0]).max() for file in sorted((tmp_path / "loud").glob("*.wav"))]
    assert max(peaks) <= 10 ** (-1 / 20) + 1e-3
    assert inside(*export, tmp_path / "x", "--loudness", "-8").returncode == 2
    assert inside(*export[:-1], "-o", tmp_path / "x.csv", "--format", "wav").returncode == 2
    assert inside(*export, tmp_path / "x", "--format", "wav", "--columns", "bpm").returncode == 2
