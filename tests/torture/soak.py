"""A scan of many clips while all goes wrong at once: bad files, killed workers, kill -9, full disks, an unmount.

    python tests/torture/soak.py [--files N] [--seed K] [--kills N] [--folder FOLDER]

Each of the 30 faults of files that are known is in .3 % of the files. Scans follow each other: a worker is killed every
two seconds, and each scan but the last ones ends by a `kill -9`, a full disk, or without its folder. Then the library
is compared with what the folder holds. A finding is a healthy file that is not analysed or was analysed twice, a fault
that ended otherwise than it should, a traceback, and whatever is left over: a process, a temporary file, a lock. Prints
counts and findings as JSON, and ends with 3 where there are findings.

Needs Linux; mounts need root, and without it the disk is never full and the folder always there, which the counts tell.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

import numpy as np  # noqa: E402
import soundfile  # noqa: E402
from audio_files import box, mp4_file  # noqa: E402

from map4 import Library  # noqa: E402

SHARE = 0.003
"""Of each fault among the files; at least one."""
CLIP_RATES_HZ = (8000, 11025, 22050)
KINDS = ("wav", "wav", "flac", "flac", "mp3", "ogg", "aiff")
A_FOLDER = 500
WORKER_KILL_S = 2.0
TIMEOUT_S = 20
LANES = 2
DISK_BYTES_A_FILE = 24_000
"""Of the disk that the library is on; it takes about 10 kB a track."""
LIBRARY_FILES = ("library.map4", "library.map4.lock", "library.map4.mirror")
GONE_S = 15.0
DAC_OVERRIDE = "-dac_override,-dac_read_search"

Ends = frozenset[str | None]
OK: Ends = frozenset({"ok"})
NOT_LISTED: Ends = frozenset({None})
FAILED: Ends = frozenset({"corrupt", "unsupported"})


@dataclass
class Music:
    """What was made: the files that must be analysed once, and how each of the others may end."""

    folder: Path
    healthy: set[str] = field(default_factory=set)
    ends: dict[str, Ends] = field(default_factory=dict)
    growing: dict[Path, bytes] = field(default_factory=dict)
    """Half written; their whole content."""
    vanishing: list[Path] = field(default_factory=list)
    moving: list[Path] = field(default_factory=list)


class Maker:
    """Writes clips of noise and clicks, no two alike."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.music = Music(folder)
        self.chance = random.Random(seed)
        self._noise = np.random.default_rng(seed)
        self._number = 0

    def sound(self, seconds: float, rate_hz: int, channels: int = 1) -> np.ndarray:
        y = self._noise.standard_normal((round(seconds * rate_hz), channels), dtype=np.float32) * 0.05
        y[:: rate_hz // 2] += 0.6
        return y

    def place(self, word: str, suffix: str) -> Path:
        """A name that nothing has, in one of the folders."""
        self._number += 1
        folder = self.music.folder / f"{self._number // A_FOLDER:03}"
        folder.mkdir(exist_ok=True)
        return folder / f"{word} {self._number:06}.{suffix}"

    def clip(self, word: str, kind: str = "", *, name: bytes | None = None, suffix: str = "") -> Path:
        kind = kind or self.chance.choice(KINDS)
        path = self.place(word, suffix or kind)
        if name is not None:
            path = path.parent / os.fsdecode(b"%d %b.%b" % (self._number, name, kind.encode()))
        rate_hz = self.chance.choice(CLIP_RATES_HZ)
        y = self.sound(self.chance.choice((1.0, 1.0, 1.5, 2.0, 4.0)), rate_hz)
        subtype = "VORBIS" if kind == "ogg" else "MPEG_LAYER_III" if kind == "mp3" else "PCM_16"
        with path.open("wb") as file:
            soundfile.write(file, y, rate_hz, format=kind.upper(), subtype=subtype)
        return path

    def bytes_of(self, word: str, kind: str) -> tuple[Path, bytes]:
        path = self.clip(word, kind)
        return path, path.read_bytes()

    def put(self, path: Path, data: bytes, ends: Ends) -> None:
        path.write_bytes(data)
        self.music.ends[str(path)] = ends

    def healthy(self, path: Path) -> Path:
        self.music.healthy.add(str(path))
        return path


def _empty(make: Maker) -> None:
    make.put(make.place("empty", "mp3"), b"", FAILED)


def _random(make: Maker) -> None:
    data = bytes(5000) if make.chance.random() < 0.5 else b"\x01" + make.chance.randbytes(5000)
    make.put(make.place("random", "mp3"), data, FAILED)


def _cut(make: Maker) -> None:
    path, data = make.bytes_of("cut", "flac")
    make.put(path, data[: int(len(data) * make.chance.choice((0.95, 0.5)))], OK | {"too_short", "corrupt"})


def _lying_size(make: Maker) -> None:
    path, data = make.bytes_of("lying", "wav")
    make.put(path, data[:4] + b"\xff" * 4 + data[8:40] + b"\xff" * 4 + data[44:], OK)


def _web_page(make: Maker) -> None:
    make.put(make.place("page", "mp3"), b"<!DOCTYPE html><title>404</title>" * 40, FAILED)


def _wrong_suffix(make: Maker) -> None:
    make.healthy(make.clip("suffix", "flac", suffix="mp3"))


def _junk_first(make: Maker) -> None:
    path, data = make.bytes_of("junk", "mp3")
    make.put(path, bytes(make.chance.randrange(100, 900)) + data, OK)


def _broken_tag(make: Maker) -> None:
    path, data = make.bytes_of("tag", "mp3")
    make.put(path, b"ID3\x04\x00\x00\x00\x00\x07\x68" + make.chance.randbytes(1000) + data, OK)


def _bad_decoder(make: Maker) -> None:
    word = make.chance.choice(("crash", "stuck", "nomemory", "raise"))
    # A worker that is killed while it does these is killed all the same.
    make.music.ends[str(make.clip(word))] = frozenset({"crashed", "timeout", "no_memory"})


def _protected(make: Maker) -> None:
    data = mp4_file([[make.chance.randbytes(200)] * 5], entry=box(b"drms", bytes(28)))
    make.put(make.place("protected", "m4a"), data, FAILED)


def _silence(make: Maker) -> None:
    path = make.place("silence", "wav")
    seconds, level = make.chance.choice(((0.3, 0.1), (2.0, 0.0), (2.0, 0.5)))
    soundfile.write(path, np.full(round(8000 * seconds) + make.chance.randrange(999), level, np.float32), 8000)
    make.music.ends[str(path)] = OK | {"too_short"}


def _large(make: Maker) -> None:
    path = make.place("large", "flac")
    many = make.chance.random() < 0.5
    y = make.sound(1.0, 48000, 8) if many else np.zeros(8000 * 600 + make.chance.randrange(999), np.float32)
    soundfile.write(path, y, 48000 if many else 8000)
    make.healthy(path)


def _odd_rate(make: Maker) -> None:
    path, rate_hz = make.place("rate", "wav"), make.chance.choice((8000, 12345, 96000, 384000))
    soundfile.write(path, make.sound(1.0, rate_hz), rate_hz)
    make.healthy(path)


def _tagged(make: Maker, word: str, comment: str, **tags: list[str]) -> None:
    from mutagen.flac import FLAC, Picture

    file = FLAC(path := make.healthy(make.clip(word, "flac")))
    file.update({**tags, "comment": comment})
    if word == "picture":
        picture = Picture()
        picture.data, picture.mime, picture.width, picture.height = bytes(500_000), "image/png", 16_000, 16_000
        file.add_picture(picture)
    file.save(path)


def _picture(make: Maker) -> None:
    _tagged(make, "picture", "")


def _words_for_numbers(make: Maker) -> None:
    _tagged(make, "words", "", bpm=["128 BPM", "-1", "NaN"], date=["Oct 3, 1995"], initialkey=[""])


def _strange_texts(make: Maker) -> None:
    _tagged(make, "texts", "x" * 200_000, title=["\ufeffone", "two"], artist=["a\0b"], genre=["MÃ¶tley \x1b[2J"])


def _raw_name(make: Maker) -> None:
    make.healthy(make.clip("", name=b"\xff\xfe \xe9"))


def _odd_name(make: Maker) -> None:
    make.healthy(make.clip("", name=make.chance.choice((b"a\nb", b"a\tb", b"\x1b[2J", b"#x", b"-o x", b"%00"))))


def _two_forms(make: Maker) -> None:
    first = make.healthy(make.clip("caf\u00e9", "flac"))
    second = make.healthy(make.clip("x", "flac"))
    make.music.healthy.remove(str(second))
    make.healthy(second.rename(first.parent / first.name.replace("\u00e9", "e\u0301")))


def _link_loop(make: Maker) -> None:
    path = make.place("loop", "d")
    path.symlink_to(make.music.folder, target_is_directory=True)


def _hard_link(make: Maker) -> None:
    first = make.clip("linked")
    (first.parent / f"twin of {first.name}").hardlink_to(first)
    make.healthy(first)


def _no_file(make: Maker) -> None:
    path = make.place("pipe", "mp3")
    if make.chance.random() < 0.5:
        os.mkfifo(path)
    else:
        with socket.socket(socket.AF_UNIX) as listener, contextlib.chdir(path.parent):
            listener.bind(path.name)
    make.music.ends[str(path)] = NOT_LISTED


def _no_right(make: Maker) -> None:
    path = make.clip("forbidden")
    path.chmod(0)
    make.music.ends[str(path)] = frozenset({"unreadable"})


def _no_medium(make: Maker) -> None:
    """A folder where a drive is mounted at times, which has nothing in it."""
    make.place("medium", "d").mkdir()


def _growing(make: Maker) -> None:
    path, data = make.bytes_of("growing", make.chance.choice(("flac", "wav")))
    make.put(path, data[: len(data) // 2], OK)
    make.music.growing[path] = data


def _vanishing(make: Maker) -> None:
    path = make.clip("vanishing")
    make.music.ends[str(path)] = frozenset({None, "missing"})
    make.music.vanishing.append(path)


def _moving(make: Maker) -> None:
    path = make.clip("moving")
    make.music.ends[str(path)] = frozenset({None, "missing"})
    make.music.moving.append(path)


def _not_wanted(make: Maker) -> None:
    path, data = make.bytes_of("x", "mp3")
    path.unlink()
    for name in (f"._{path.name}", ".DS_Store", f"{path.name}.part"):
        make.put(path.parent / name, data, NOT_LISTED)


def _odd_time(make: Maker) -> None:
    path = make.healthy(make.clip("time " + "n" * 200))
    when = make.chance.choice((-(10**9), 315_532_800, 4_000_000_000, 10**10))
    os.utime(path, (when, when))


def _failing_disk(make: Maker) -> None:
    make.music.ends[str(make.clip("eio"))] = frozenset({"unreadable", "no_memory"})


FAULTS: tuple[Callable[[Maker], None], ...] = (
    _empty, _random, _cut, _lying_size, _web_page, _wrong_suffix, _junk_first, _broken_tag, _bad_decoder, _protected,
    _silence, _large, _odd_rate, _picture, _words_for_numbers, _strange_texts, _raw_name, _odd_name, _two_forms,
    _link_loop, _hard_link, _no_file, _no_right, _no_medium, _growing, _vanishing, _moving, _not_wanted, _odd_time,
    _failing_disk,
)  # fmt: skip


def make_music(folder: Path, files: int, seed: int) -> Music:
    """So many files: each fault in its share of them, the others healthy."""
    make = Maker(folder, seed)
    each = max(1, round(files * SHARE))
    work = [fault for fault in FAULTS for _ in range(each)]
    work += [lambda make: make.healthy(make.clip("clip"))] * max(0, files - len(work))
    make.chance.shuffle(work)
    for step in work:
        step(make)
    return make.music


# ---- what happens meanwhile ----------------------------------------------------------------------


class Soak:
    """One run: its folders, its scans and what they did."""

    def __init__(self, folder: Path, *, files: int, seed: int) -> None:
        self.chance = random.Random(f"{seed}:chaos")
        self.folder, self.files = folder, files
        for name in ("kept", "music", "disk", "t", "home"):
            (folder / name).mkdir()
        self.counts: Counter[str] = Counter()
        self.findings: list[str] = []
        self.music = make_music(folder / "kept", files, seed)
        self.was_there = self._names()
        self.library = folder / "disk" / "library.map4"
        self.can_mount = self._mount("--bind", folder / "kept", folder / "music")
        if self.can_mount:
            size = f"size={4_000_000 + files * DISK_BYTES_A_FILE}"
            self._mount("-t", "tmpfs", "-o", size, "tmpfs", folder / "disk")
        else:
            (folder / "music").rmdir()
            (folder / "music").symlink_to(folder / "kept")
        self._read = self._decoded = 0
        self.analysed: dict[str, set[str]] = {}
        """When each audio id was analysed, as the library said after each scan."""
        self.running: subprocess.Popen[bytes] | None = None
        self.is_over = threading.Event()

    def _mount(self, *arguments: str | Path) -> bool:
        return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode == 0

    def close(self) -> None:
        self.is_over.set()
        if self.running is not None and self.running.poll() is None:
            self.running.kill()
        for name in ("music", "disk"):
            subprocess.run(["umount", "-l", self.folder / name], check=False, capture_output=True)

    # -- scans

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        drop = ["setpriv", "--bounding-set", DAC_OVERRIDE] if os.geteuid() == 0 and shutil.which("setpriv") else []
        if not drop and os.geteuid() == 0:
            self.counts["rights: not tried"] = 1
        environment = {
            **os.environ, "MAP4_DECODER": "doubles:open_audio", "DOUBLES_LOG": str(self.folder / "decoded.log"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")]), "NO_COLOR": "1",
            "TMPDIR": str(self.folder / "t"), "HOME": str(self.folder / "home"),
            "MAP4_LIBRARY": str(self.library), "OPENBLAS_NUM_THREADS": "1",
        }  # fmt: skip
        with (self.folder / "said").open("ab") as said, (self.folder / "errors").open("ab") as errors:
            self.running = subprocess.Popen(
                [*drop, sys.executable, "-m", "map4", "scan", *more, "--jsonl", "--changed", "-j", str(LANES),
                 "--timeout", str(TIMEOUT_S), str(self.folder / "music")],
                stdout=said, stderr=errors, stdin=subprocess.DEVNULL, env=environment, start_new_session=True,
            )  # fmt: skip
        self.counts["scans"] += 1
        return self.running

    def decoded(self) -> int:
        """How many analyses were begun, in all scans."""
        with contextlib.suppress(FileNotFoundError), (self.folder / "decoded.log").open("rb") as log:
            log.seek(self._read)
            new = log.read()
            self._read, self._decoded = self._read + len(new), self._decoded + new.count(b"\n")
        return self._decoded

    def wait_for(self, decoded: int) -> bool:
        """Until so many were decoded, in all scans; false where the scan ended before."""
        assert self.running is not None
        while self.decoded() < decoded:
            if self.running.poll() is not None:
                return False
            time.sleep(0.05)
        return self.running.poll() is None

    def ended(self, *codes: int) -> None:
        """Wait for the scan's end, and for that of its processes."""
        assert self.running is not None
        code = self.running.wait()
        if code not in codes:
            self.findings.append(f"a scan ended with {code}, and not with one of {codes}")
        limit = time.monotonic() + GONE_S
        while left := processes(self.running.pid):
            if time.monotonic() > limit:
                self.findings.append(f"{len(left)} processes outlived their scan by {GONE_S:g} s")
                break
            time.sleep(0.05)

    # -- events; each ends a scan

    def kill(self) -> None:
        assert self.running is not None
        self.running.kill()
        self.counts["kills of the parent"] += 1
        self.ended(-signal.SIGKILL)

    def fill_the_disk(self) -> None:
        filler = self.folder / "disk" / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        self.counts["full disks"] += 1
        self.ended(1)
        filler.unlink()

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", self.folder / "music"], check=True)
        self.counts["unmounts"] += 1
        self.ended(0, 3)
        self._mount("--bind", self.folder / "kept", self.folder / "music")

    def note_analyses(self) -> None:
        """Look at the library's rows between two scans: an audio id with another time was analysed again."""
        with contextlib.closing(sqlite3.connect(self.library)) as connection:
            for audio_id, when in connection.execute("SELECT audio_id, analysed_at FROM analyses"):
                self.analysed.setdefault(audio_id, set()).add(when)

    # -- beside the scans

    def kill_workers(self) -> None:
        while not self.is_over.wait(WORKER_KILL_S):
            scan = self.running
            # The scan's own child is the process that forks them.
            workers = sorted(processes(scan.pid, but_children_of=scan.pid) - {scan.pid}) if scan is not None else []
            if workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.chance.choice(workers), signal.SIGKILL)
                    self.counts["kills of workers"] += 1

    def change_files(self) -> None:
        """Files are completed, removed and renamed one by one, none twice at a time."""
        music, chance = self.music, random.Random("changes")
        steps: list[Callable[[], object]] = [lambda p=p, d=d: p.write_bytes(d) for p, d in music.growing.items()]
        steps += [path.unlink for path in music.vanishing]
        steps += [lambda path=path: path.rename(path.with_name(f"moved {path.name}")) for path in music.moving]
        chance.shuffle(steps)
        done = 0
        while done < len(steps):
            # In step with the scan, whatever its pace.
            due = len(steps) if self.is_over.is_set() else len(steps) * self.decoded() // max(1, self.files // 2)
            for step in steps[done:due]:
                step()
            done = max(done, min(due, len(steps)))
            self.is_over.wait(0.1)
        for path in music.moving:
            music.healthy.add(str(path.with_name(f"moved {path.name}")))

    # -- the end

    def _names(self) -> set[str]:
        return {os.path.join(folder, name) for folder, _, names in os.walk(self.folder / "kept") for name in names}

    def inside(self, path: str) -> str:
        """A path of the music as the scan has it."""
        return path.replace(str(self.folder / "kept"), str(self.folder / "music"), 1)

    def judge(self) -> None:
        music = self.music
        found, ids = {}, {}
        with Library.open(self.library) as library:
            for track in library.tracks.all():
                found[track.path] = track.failure.kind if track.failure is not None else track.state
                ids[track.path] = track.audio_id
        ends = {self.inside(path): end for path, end in music.ends.items()}
        ends |= {self.inside(path): OK for path in music.healthy}
        for path in sorted(ends):
            twin = os.path.join(os.path.dirname(path), f"twin of {os.path.basename(path)}")
            if os.path.basename(path).startswith("linked"):  # either name is the one
                if len(found.keys() & {path, twin}) == 2:
                    self.findings.append(f"{path!a} is in the library by both of its names")
                found |= {path: found.pop(twin)} if twin in found else {}
                ids |= {path: ids.pop(twin)} if twin in ids else {}
        for path, allowed in sorted(ends.items()):
            if found.get(path) not in allowed:
                self.findings.append(f"{path!a} is {found.get(path)}, and should be one of {sorted(map(str, allowed))}")
        self.counts.update({"healthy": len(music.healthy), "faulty": len(music.ends)})
        self.findings += [f"{path!a} is in the library" for path in sorted(found.keys() - ends.keys())]
        self._count_analyses({self.inside(path): ids.get(self.inside(path)) for path in music.healthy})
        if not Library.care.verify(self.library).is_sound:
            self.findings.append("the library is not sound")
        said = (self.folder / "errors").read_bytes()
        self.findings += [
            f"stderr has {word!r}" for word in (b"Traceback", b"internal error", b"Warning") if word in said
        ]
        left = [path for name in ("t", "home") for path in (self.folder / name).rglob("*")]
        left += [path for path in self.library.parent.iterdir() if path.name not in LIBRARY_FILES]
        self.counts["files left"] = len(left)
        self.findings += [f"{path} is left" for path in left]
        changed = {str(path) for path in (*music.vanishing, *music.moving)}
        new = self._names() - self.was_there - {path for path in music.healthy if "/moved " in path}
        if new or self.was_there - self._names() - changed:
            self.findings.append(f"the music was changed: {sorted(new)[:3]}")

    def _count_analyses(self, healthy: dict[str, str | None]) -> None:
        """By the scans' lines, by the decoder's log, and by the library's rows, which leave no file out."""
        rows = {path: self.analysed.get(audio_id or "", set()) for path, audio_id in healthy.items()}
        self.counts["healthy: analysed by the rows"] = sum(len(times) == 1 for times in rows.values())
        self.findings += [
            f"{path!a} was analysed {len(times)} times, by the rows" for path, times in rows.items() if len(times) != 1
        ]
        told: Counter[str] = Counter()
        for line in (self.folder / "said").read_bytes().splitlines():
            with contextlib.suppress(ValueError):  # a scan was killed while it wrote
                record = json.loads(line)
                if record.get("state") == "ok" and record.get("cached") is False:
                    told[record["path"]] += 1
        twice = [path for path in healthy if told[path] > 1]
        self.findings += [f"{path!a} was analysed {told[path]} times" for path in twice]
        self.counts["healthy: told as analysed"] = sum(path in told for path in healthy)
        names = {os.fsencode(os.path.basename(path)).split(b"\n")[-1] for path in healthy}
        begun = Counter((self.folder / "decoded.log").read_bytes().split(b"\n"))
        again = sum(begun[name] - 1 for name in names if begun[name] > 1)
        self.counts["healthy: begun again"] = again
        cuts = self.counts["kills of workers"] + LANES * (self.counts["scans"] - 1)
        if again > cuts:
            self.findings.append(f"{again} analyses were begun again, of which at most {cuts} were cut short")


def processes(session: int, *, but_children_of: int = -1) -> set[int]:
    """Processes of a session that are not just waiting to be reaped."""
    members = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            state, parent, _, its = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[:4]
            if int(its) == session and state != "Z" and int(parent) != but_children_of:
                members.add(int(name))
    return members


@contextlib.contextmanager
def soaking(folder: Path, *, files: int, seed: int) -> Iterator[Soak]:
    soak = Soak(folder, files=files, seed=seed)
    try:
        yield soak
    finally:
        soak.close()


def run(folder: Path, *, files: int, seed: int, kills: int) -> Soak:
    """Make the music, scan it through all that happens, and judge what became of it."""
    with soaking(folder, files=files, seed=seed) as soak:
        started = time.monotonic()
        events = [soak.kill] * kills
        if soak.can_mount:
            events += [soak.fill_the_disk] * 2 + [soak.unmount]
        soak.chance.shuffle(events)
        beside = [threading.Thread(target=work, daemon=True) for work in (soak.kill_workers, soak.change_files)]
        for thread in beside:
            thread.start()
        soak.start()
        for number, event in enumerate(events):
            if not soak.wait_for(files * (number + 1) // (len(events) + 1)):
                soak.ended(0, 3)
                soak.start()
                soak.findings.append("the scans ended before all had happened")
                break
            event()
            soak.note_analyses()
            soak.start()
        soak.ended(0, 3)
        soak.is_over.set()
        for thread in beside:
            thread.join()
        for more in (["--retry-failed"], []):
            soak.note_analyses()
            soak.start(*more)
            soak.ended(0, *([3] if more else []))
        soak.note_analyses()
        last = (folder / "said").read_bytes().splitlines()[-1]
        soak.counts.update({f"last scan: {key}": json.loads(last)[key] for key in ("analysed", "failed", "unchanged")})
        soak.judge()
        soak.counts["seconds"] = round(time.monotonic() - started)
    return soak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("files", 50_000), ("seed", 23), ("kills", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--folder", metavar="FOLDER", help="where to make it; else a temporary one, removed at the end")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() if given.folder is None else contextlib.nullcontext(given.folder) as folder:
        soak = run(Path(folder), files=given.files, seed=given.seed, kills=given.kills)
    told: dict[str, Any] = {"counts": dict(sorted(soak.counts.items())), "findings": soak.findings}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 3 if soak.findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
