"""Real worker processes: each death ends one job only, and leaves nothing behind."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Run, write_clicks
from installed import install
from waiting import wait_until

from map4.core.audio.decoder import DEFAULT_DECODER, load_decoder
from map4.core.audio.jobs import Analysed, AnalyseJob, Stamp, TagsJob, TagsRead
from map4.core.base.machine import usable_cores
from map4.core.base.path_maps import PathMap
from map4.errors import ConfigError, FileError, Map4Error
from map4.library.part import StoppableLanes
from map4.scan.workers.executors import executor_lanes
from map4.scan.workers.job import run_job
from map4.scan.workers.lanes import ProcessLane, process_lanes


def analysis_of(path: Path) -> AnalyseJob:
    return AnalyseJob(path=str(path), stamp=Stamp.of_file(str(path)), decoder="doubles:open_audio")


@pytest.mark.contract
@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [("crash", "crashed", "SIGSEGV"), ("killed", "no_memory", "--jobs 1"), ("nomemory", "no_memory", "--jobs 1")],
)
def test_killed_worker_is_an_outcome_and_the_lane_continues(tmp_path: Path, name: str, kind: str, message: str) -> None:
    (lane,) = process_lanes(1)
    try:
        outcome = lane.submit(analysis_of(write_clicks(tmp_path / f"{name}.wav")), 60).result(60)
        assert (outcome.kind, message in outcome.message) == (kind, True)
        after = lane.submit(analysis_of(write_clicks(tmp_path / "fine.wav")), 60).result(60)
        assert isinstance(after, Analysed)
    finally:
        lane.close()


@pytest.mark.contract
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not keep such limits")
def test_memory_of_a_worker_is_limited(tmp_path: Path) -> None:
    lane = ProcessLane()
    try:
        outcome = lane.submit(analysis_of(write_clicks(tmp_path / "greedy.wav")), 60).result(60)
        # What failed is not tried again unasked.
        message = "needs more memory than available; try 'map4 scan --retry-failed --jobs 1'"
        assert (outcome.kind, outcome.message) == ("no_memory", message)
    finally:
        lane.close()


def test_too_long_file_is_refused_by_its_header_or_during_decoding(tmp_path: Path) -> None:
    job = replace(analysis_of(write_clicks(tmp_path / "crash.wav")), longest_s=0.9)
    for changed_job in (replace(job, length_s=2.0), replace(job, decoder=DEFAULT_DECODER, length_s=0.5)):
        outcome = run_job(changed_job)
        assert outcome.kind == "too_long"


@pytest.mark.contract
def test_timeout_kills_native_code_and_the_lane_continues(tmp_path: Path) -> None:
    lane = ProcessLane()
    try:
        lane.submit(analysis_of(write_clicks(tmp_path / "hang.wav")), 60)
        lane.kill()
        job = TagsJob(path=str(tmp_path / "hang.wav"), stamp=Stamp.of_file(str(tmp_path / "hang.wav")))
        assert isinstance(lane.submit(job, 60).result(60), TagsRead)
    finally:
        lane.close()


def children(pid: int, command: bytes = b"") -> set[int]:
    """The processes that a process started, with these words in their command line."""
    matches = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            parent = int(Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and command in Path(f"/proc/{name}/cmdline").read_bytes():
                matches.add(int(name))
    return matches


def worker_starters() -> set[int]:
    """The process that forks workers. Other children, such as a browser or Postgres, belong to fixtures."""
    return children(os.getpid(), b"multiprocessing.forkserver")


def is_over(pid: int) -> bool:
    """Whether a process has ended, or only waits for its parent to hear of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


@pytest.mark.contract
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("of", ["worker", "starter"])
def test_a_worker_that_is_killed_while_it_waits_is_replaced(tmp_path: Path, of: str) -> None:
    file = write_clicks(tmp_path / "fine.wav")
    job = TagsJob(path=str(file), stamp=Stamp.of_file(str(file)))
    lane = ProcessLane()
    try:
        assert isinstance(lane.submit(job, 60).result(60), TagsRead)
        [starter] = worker_starters()
        workers = children(starter)
        assert workers
        for pid in [starter] if of == "starter" else workers:
            os.kill(pid, signal.SIGKILL)
        # A worker ends with its starter, and on a busy machine only some jobs later.
        deadline = time.monotonic() + 60
        while not all(map(is_over, workers)) and time.monotonic() < deadline:
            time.sleep(0.005)
        # The first job may have been in the worker as it died; it is that one's, and a scan does it again.
        lane.submit(job, 60).result(60)
        assert isinstance(lane.submit(job, 60).result(60), TagsRead)
    finally:
        lane.close()


@pytest.mark.contract
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_are_forked_where_there_are_no_threads(tmp_path: Path) -> None:
    file = write_clicks(tmp_path / "a.wav")
    lane = ProcessLane()
    try:
        assert isinstance(lane.submit(TagsJob(path=str(file), stamp=Stamp.of_file(str(file))), 60).result(60), TagsRead)
        [starter] = worker_starters()
        assert len(os.listdir(f"/proc/{starter}/task")) == 1
        assert len(os.listdir("/proc/self/task")) > 1  # here are some, which hold locks at any time
    finally:
        lane.close()


STARTED = """
import sys
from pathlib import Path
from map4.core.audio.jobs import TagsJob
from map4.errors import WorkerStartError
from map4.scan.workers import lanes
from map4.core.audio.jobs import Stamp

lanes.PRELOADED = ["preload"]
lane = lanes.ProcessLane()
try:
    print(type(lane.submit(TagsJob(path=sys.argv[1], stamp=Stamp.of_file(sys.argv[1])), 60).result(60)).__name__)
except WorkerStartError as error:
    print(error.exit_code, error)
finally:
    lane.close()
"""
"""A program that reads the tags of a file in a worker; `preload.py` is run by the process that forks it."""


def starting(tmp_path: Path, preload: str) -> "subprocess.Popen[str]":
    (tmp_path / "preload.py").write_text(f"import os, signal\nfrom pathlib import Path\n{preload}", encoding="utf-8")
    (tmp_path / "started.py").write_text(STARTED, encoding="utf-8")
    file = write_clicks(tmp_path / "a.wav")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))}
    return subprocess.Popen(
        [sys.executable, tmp_path / "started.py", file],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def started(tmp_path: Path, preload: str) -> str:
    with starting(tmp_path, preload) as process:
        return process.communicate(timeout=120)[0]


@pytest.mark.contract
@pytest.mark.skipif(sys.platform == "win32", reason="workers are spawned")
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.world)])
def test_signal_ends_a_start_that_takes_long(tmp_path: Path, number: signal.Signals) -> None:
    loading = tmp_path / "loading"
    with starting(tmp_path, "import time\nPath('loading').touch()\ntime.sleep(200)") as process:
        wait_until(loading.exists)
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
    assert process.returncode == -number


ALARMS = """
limits, alarm = [], signal.alarm
signal.alarm = lambda limit_s: limits.append(limit_s) or alarm(limit_s)
import map4.scan.workers.preload
Path("limits").write_text(" ".join(map(str, limits)))
"""


@pytest.mark.contract
@pytest.mark.skipif(sys.platform == "win32", reason="workers are spawned")
def test_time_limit_of_a_start_is_minutes_and_begins_again_at_each_module(tmp_path: Path) -> None:
    assert started(tmp_path, ALARMS) == "TagsRead\n"
    *limits, last = map(int, (tmp_path / "limits").read_text(encoding="utf-8").split())
    assert (len(limits) > 100, min(limits) >= 180, last) == (True, True, 0)


@pytest.mark.contract
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("end", "tries", "message"),
    [
        (
            "os.kill(os.getpid(), signal.SIGALRM)",
            3,
            r"75 no worker process started in time \(SIGALRM, .*is busy: try.*",
        ),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGKILL)",
            3,
            r"1 no worker .* killed \(SIGKILL, .*because memory ran out; .*",
            marks=pytest.mark.world,
        ),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGPROF)",
            1,
            r"1 no worker .* ended \(SIGPROF, .*'ulimit -v'.*",
            marks=pytest.mark.world,
        ),
        pytest.param("os._exit(1)", 3, r"1 no worker .* ended \(exit code 1, .*'ulimit -v'.*", marks=pytest.mark.world),
        ("os._exit(12)", 1, r"1 no worker .* too little memory \(exit code 12, .*'ulimit -v'.*"),
    ],
)
def test_failed_start_is_retried_and_its_error_has_what_was_measured(
    tmp_path: Path, end: str, tries: int, message: str
) -> None:
    text = started(tmp_path, f"with open('tries', 'a') as file: file.write('.')\n{end}")
    assert re.fullmatch(message, text.strip())
    assert re.search(r"[\d.]+ s, [\d.]+ s of CPU time in the last try, [\d.]+ [MG]B of memory free", text)
    assert (tmp_path / "tries").read_text(encoding="utf-8") == tries * "."


@pytest.mark.contract
@pytest.mark.skipif(sys.platform == "win32", reason="workers are spawned")
def test_worker_starts_at_the_second_try(tmp_path: Path) -> None:
    first = "if not Path('tried').exists():\n    Path('tried').touch()\n    os.kill(os.getpid(), signal.SIGALRM)\n"
    assert started(tmp_path, first) == "TagsRead\n"


@pytest.mark.contract
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_time_that_a_worker_waits_for_a_core_is_known(tmp_path: Path) -> None:
    lane = ProcessLane()
    assert lane.queued_s == 0
    try:
        lane.submit(analysis_of(write_clicks(tmp_path / "fine.wav")), 60).result(60)
        assert lane.queued_s > 0
    finally:
        lane.close()


SLOW = """
import sys, time

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "numpy" and sys.argv[:1] == ["-c"]:
            sys.meta_path.remove(self)
            time.sleep(40)

sys.meta_path.insert(0, Slow())
"""


@pytest.mark.world
@pytest.mark.skipif(sys.platform == "win32", reason="workers are spawned")
def test_scan_waits_for_libraries_that_load_slowly(map4: Run, music: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW, encoding="utf-8")
    done = map4("scan", music, env={"PYTHONPATH": str(tmp_path)})
    assert (done.returncode, "4 analysed" in done.stdout + done.stderr) == (0, True), done.stderr


@pytest.mark.contract
def test_worker_is_replaced_after_a_number_of_jobs(tmp_path: Path) -> None:
    lane = ProcessLane(jobs_per_worker=2)
    try:
        job = TagsJob(path=str(write_clicks(tmp_path / "a.wav")), stamp=Stamp.of_file(str(tmp_path / "a.wav")))
        for starts in (True, False, True, False, True):
            assert (lane.start_up_s > 0) == starts
            assert isinstance(lane.submit(job, 60).result(60), TagsRead)
    finally:
        lane.close()


@pytest.mark.contract
def test_environment_and_main_module_of_the_caller_are_unchanged(tmp_path: Path) -> None:
    before = dict(os.environ)
    main = sys.modules["__main__"]
    lane = ProcessLane()
    job = TagsJob(path=str(write_clicks(tmp_path / "a.wav")), stamp=Stamp.of_file(str(tmp_path / "a.wav")))
    lane.submit(job, 60).result(60)
    lane.close()
    assert dict(os.environ) == before
    assert sys.modules["__main__"] is main


@pytest.mark.contract
def test_modules_among_the_music_are_not_imported(tmp_path: Path) -> None:
    music, program = tmp_path / "music", tmp_path / "bin" / "map4.py"
    music.mkdir()
    program.parent.mkdir()
    write_clicks(music / "a.wav")
    for module in ("soxr", "numpy", "scipy"):
        (music / f"{module}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    # As an installed command: unlike `python -m map4`, it does not look for modules in the current folder itself.
    source = "import sys\nsys.path.pop(0)\nfrom map4.cli.main import main\nmain()\n"
    program.write_text(source, encoding="utf-8")
    command = [sys.executable, program, "--library", tmp_path / "library.map4", "scan", "-j", "1", "."]
    done = subprocess.run(command, cwd=music, capture_output=True, text=True, timeout=120, check=False)
    assert not (tmp_path / "ran").exists()
    assert done.returncode == 0, done.stderr


@pytest.mark.world
def test_a_script_without_a_main_guard_may_scan(tmp_path: Path) -> None:
    write_clicks(tmp_path / "a.wav")
    script = tmp_path / "script.py"
    script.write_text(
        "from map4 import Library\n"
        f"with Library.open({str(tmp_path / 'l.map4')!r}) as library:\n"
        f"    print(library.scan([{str(tmp_path)!r}]).analysed)\n"
    )
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert (result.stdout, result.stderr) == ("1\n", "")


def busy_loops(count: int) -> list[subprocess.Popen[bytes]]:
    return [subprocess.Popen(["nice", "-n", "19", sys.executable, "-c", "while True: pass"]) for _ in range(count)]


@pytest.mark.world
@pytest.mark.timeout(3600)
@pytest.mark.skipif(sys.platform != "linux", reason="uses nice and counts on a fair scheduler")
def test_scan_and_demo_end_well_beside_eight_busy_loops_per_core(map4: Run, tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    for number in range(40):
        write_clicks(tmp_path / "music" / f"{number}.wav", 80 + number)
    loops = busy_loops(8 * usable_cores())
    try:
        scan = map4("scan", tmp_path / "music", preexec_fn=lambda: os.nice(19), timeout=1700)
        assert (scan.returncode, "40 analysed" in scan.stderr + scan.stdout) == (0, True), scan.stderr
        demo = map4("demo", tmp_path / "demo", preexec_fn=lambda: os.nice(19), timeout=1700)
        assert demo.returncode == 0, demo.stderr
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def test_errors_changes_and_unreadable_files_are_outcomes(tmp_path: Path) -> None:
    outcome = run_job(analysis_of(write_clicks(tmp_path / "raise.wav")), 60)
    assert (outcome.kind, "RuntimeError" in outcome.message) == ("crashed", True)
    path = write_clicks(tmp_path / "a.wav")
    job = analysis_of(path)
    write_clicks(path, 90, seconds=3.0)
    outcome = run_job(job)
    assert (outcome.kind, "changed while it was read" in outcome.message) == ("unreadable", True)
    (tmp_path / "file").touch()
    for name in ("absent.wav", "file/inside.wav"):
        with pytest.raises(FileError, match="does not exist") as caught:
            Stamp.of_file(str(tmp_path / name))
        assert caught.value.kind == "vanished"
    with pytest.raises(FileError, match="File name too long") as caught:
        Stamp.of_file(str(tmp_path / ("x" * 300)))
    assert caught.value.kind == "unreadable"
    for name in ("nowhere", "json:nowhere", "json:__doc__"):
        with pytest.raises(ConfigError, match=r"analysis\.decoder"):
            load_decoder(name)


@pytest.mark.contract
def test_analysis_loads_neither_numba_nor_librosa(tmp_path: Path) -> None:
    """numba keeps what it compiled in files, for which processes race."""
    write_clicks(tmp_path / "one.wav")
    code = (
        "import sys; from map4 import Library; from map4.scan.workers.lanes import inline_lanes\n"
        "with Library.open(':memory:', lanes=inline_lanes) as library: library.scan(sys.argv[1])\n"
        "print(*{'numpy', 'numba', 'librosa'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("numpy\n", "")


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system keeps no process to some cores")
def test_only_usable_cores_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3})
    assert usable_cores() == 1


@pytest.mark.contract
def test_lanes_can_be_stopped_by_another_thread(tmp_path: Path) -> None:
    lanes = StoppableLanes(process_lanes)
    (lane,) = lanes(1)
    try:
        running = lane.submit(analysis_of(write_clicks(tmp_path / "hang.wav")), 60)
        lanes.stop()
        with pytest.raises(Map4Error, match="stopped"):
            running.result(20)
        with pytest.raises(Map4Error, match="stopped"):
            lane.submit(analysis_of(write_clicks(tmp_path / "fine.wav")), 60).result(20)
    finally:
        lane.close()


PLACES = """
from map4.plugins import inline_lanes

def make(scheduler, maps, most):
    print(scheduler, maps[0].apply("/music/a.wav"), most)
    return inline_lanes(most)
"""


def test_executor_of_a_package_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(tmp_path, "places", "[map4.executors.v1]\nhere = places:make\n", places=PLACES)
    monkeypatch.syspath_prepend(tmp_path)
    [lane] = executor_lanes("here", "tcp://boss", [PathMap.parse("/music=/mnt")])(1)
    assert isinstance(lane.submit(analysis_of(write_clicks(tmp_path / "fine.wav")), 60).result(60), Analysed)
    assert capsys.readouterr().out == "tcp://boss /mnt/a.wav 1\n"
