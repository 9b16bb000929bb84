"""Mutants of real audio files for the workers of a scan.

    python tests/torture/fuzz.py [--count N] [--seed K] [--first I] [--keep FOLDER]

Each mutant may be refused, in the words that its reader has for that. A finding is anything else: an exception that the
reader does not announce, a dead process, a hang. Mutant I of seed K is always the same; --keep writes those that found
something. Prints counts and findings as JSON, and ends with 3 where there are findings.
"""

import argparse
import json
import os
import random
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from audio_files import BORROWED, EXTENSIONS, TORTURE, make, noise  # noqa: E402

from map4.core.audio.decoder import DEFAULT_DECODER  # noqa: E402
from map4.core.audio.jobs import AnalyseJob, IdentifyJob, LaneJob, Stamp  # noqa: E402
from map4.scan.workers.lanes import ProcessLane  # noqa: E402

AUDIO_LIMIT_S = 20.0
"""For a second of audio; a scan gives a minute and more."""
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
"""A disk in memory: most of a mutant's time would go into writing it."""
LONGEST_SEED_BYTES = 300_000
ANALYSED_SHARE = 0.06
"""Of the audio mutants; all are identified, which reads the tags too."""
TOKENS = (
    b"\0", b"\xff" * 4, b"\x80\0\0\0", b"\x7f\xff\xff\xff", b"-1", b"1e999", b"NaN", b'"', b"<", b"&#0;", b"]]>", b"\n",
    b"\r", b"..", b":", b"^", b"(", b"|", b"%00", b"file://", b"\xf0\x9f\x8e\xb5", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\xff\xfe", b"99999999999999999999", b"{", b"[" * 200, b"<a>" * 200,
)  # fmt: skip


@dataclass(slots=True)
class Findings:
    """What happened to the mutants."""

    outcomes: Counter[str] = field(default_factory=Counter)
    found: list[dict[str, Any]] = field(default_factory=list)

    def note(self, target: str, number: int, problem: str, data: bytes, keep: str | None) -> None:
        self.outcomes[f"{target}: finding"] += 1
        self.found.append({"target": target, "mutant": number, "problem": problem})
        if keep is not None:
            (Path(keep) / f"{number}-{target.replace('/', '-')}").write_bytes(data)


def mutant(seeds: list[bytes], rng: random.Random) -> bytes:
    """One of the seeds with up to eight changes: bits, bytes, pieces cut, doubled, moved, taken from another."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        at = rng.randrange(len(data) + 1)
        size = min(rng.choice((1, 2, 4, 16, 256, 4096)), len(data) - at)
        change = rng.randrange(8)
        if change == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif change == 1 and at < len(data):
            data[at : at + size] = rng.randbytes(size)
        elif change == 2:
            del data[at : at + size]
        elif change == 3:
            data[at:at] = data[at : at + size]
        elif change == 4:
            data[at:at] = rng.choice(TOKENS)
        elif change == 5:
            data[at : at + len(token)] = (token := rng.choice(TOKENS))
        elif change == 6:
            other = rng.choice(seeds)
            start = rng.randrange(len(other) + 1)
            data[at : at + size] = other[start : start + size]
        elif rng.random() < 0.3:
            del data[at:]
    return bytes(data)


def audio_seeds(shared: Path) -> dict[str, bytes]:
    """A file of each kind, by name: a second of noise, and the awkward ones where they are here."""
    with tempfile.TemporaryDirectory() as folder:
        kinds = [kind for kind in EXTENSIONS if kind not in BORROWED]
        made = {f"noise.{kind}": make(Path(folder) / f"noise.{kind}", noise(1.0)).read_bytes() for kind in kinds}
    files = sorted((shared / "torture").glob("*.*"))
    return made | {file.name: file.read_bytes() for file in files if file.stat().st_size < LONGEST_SEED_BYTES}


def fuzz_audio(seeds: dict[str, bytes], *, seed: int, first: int, count: int, keep: str | None = None) -> Findings:
    """Give mutants to the workers of a scan: audio id and tags of all, the analysis of some."""
    findings, names = Findings(), sorted(seeds)
    by_kind: dict[str, list[bytes]] = {}
    for name in names:
        by_kind.setdefault(Path(name).suffix, []).append(seeds[name])
    lane = ProcessLane()
    try:
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            for number in range(first, first + count):
                rng = random.Random(f"{seed}:{number}")
                kind = Path(rng.choice(names)).suffix
                data = mutant(by_kind[kind], rng)
                path = Path(folder) / f"mutant{kind}"
                path.write_bytes(data)
                for job in _jobs(str(path), analyse=rng.random() < ANALYSED_SHARE):
                    outcome, problem = _done(lane, job)
                    findings.outcomes[f"{type(job).__name__}: {outcome}"] += 1
                    if problem is not None:
                        findings.note(kind, number, problem, data, keep)
    finally:
        lane.close()
    return findings


def _jobs(path: str, *, analyse: bool) -> Iterator[LaneJob]:
    stamp = Stamp.of_file(path)
    yield IdentifyJob(path=path, stamp=stamp)
    if analyse:
        yield AnalyseJob(path=path, stamp=stamp, decoder=DEFAULT_DECODER)


def _done(lane: ProcessLane, job: LaneJob) -> tuple[str, str | None]:
    """How a job ended, in a word, and what is wrong with that."""
    future = lane.submit(job, AUDIO_LIMIT_S)
    try:
        outcome = future.result(AUDIO_LIMIT_S)
    except TimeoutError:
        lane.kill()
        return "hang", f"{type(job).__name__} took longer than {AUDIO_LIMIT_S:g} s"
    failure = getattr(outcome, "failure", outcome)
    kind = getattr(failure, "kind", None)
    return kind or "done", failure.message if kind in ("crashed", "no_memory") else None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("count", 2_000), ("seed", 1), ("first", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--keep", metavar="FOLDER")
    given = parser.parse_args(arguments)
    if given.keep is not None:
        os.makedirs(given.keep, exist_ok=True)
    findings = fuzz_audio(
        audio_seeds(TORTURE.parent), seed=given.seed, first=given.first, count=given.count, keep=given.keep
    )
    peaks = {name: resource.getrusage(who).ru_maxrss // 1024 for name, who in _WHOSE.items()}
    report = {"outcomes": dict(sorted(findings.outcomes.items())), "findings": findings.found, "peak_mb": peaks}
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 3 if findings.found else 0


_WHOSE = {"parent": resource.RUSAGE_SELF, "largest_child": resource.RUSAGE_CHILDREN}

if __name__ == "__main__":
    raise SystemExit(main())
