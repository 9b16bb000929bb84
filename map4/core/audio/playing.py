"""Play a file: by a player of this machine, or by the sounddevice package if there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from map4.core.audio.decoder import Decoder
from map4.core.base.machine import deferred_signals
from map4.core.base.paths import display_path
from map4.errors import PlayerError
from map4.version import Packages

_SNDFILE = frozenset({"wav", "flac", "ogg", "oga", "aif", "aiff", "au"})
# ffplay's message, also at level "error", after it has tried every way to open a device.
_NO_DEVICE = "audio open failed"
_MOST_LINES = 100
_END_S = 5.0  # time that a player has to end after the request
_PLAYERS_TO_INSTALL = "install mpv, ffplay (of FFmpeg) or vlc; or"


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """A program that plays files.

    name: of the program in PATH
    command: returns its arguments for an absolute path (which can't look like an option) and a start in seconds
    can_seek: whether it can begin at any position
    suffixes: of the files that it plays; None is any
    reports_by_exit_code: whether its exit code reports failures; otherwise its stderr is read, not shown
    """

    name: str
    command: Callable[[str, float], Sequence[str]]
    can_seek: bool = True
    suffixes: frozenset[str] | None = None
    reports_by_exit_code: bool = True

    def can_play(self, path: str, start_s: float) -> bool:
        suffix = os.path.splitext(path)[1].lower().lstrip(".")
        return (self.can_seek or start_s <= 0.0) and (self.suffixes is None or suffix in self.suffixes)


def _vlc(path: str, start_s: float) -> list[str]:
    return ["--intf", "dummy", "--no-video", "--play-and-exit", f"--start-time={start_s:.3f}", path]


PLAYERS: tuple[Player, ...] = (
    Player(name="mpv", command=lambda path, s: ["--no-video", "--really-quiet", f"--start={s:.3f}", "--", path]),
    Player(
        name="ffplay",
        command=lambda path, s: ["-nodisp", "-autoexit", "-loglevel", "error", "-ss", f"{s:.3f}", "-i", f"file:{path}"],
        reports_by_exit_code=False,
    ),
    Player(name="cvlc", command=_vlc),
    Player(name="vlc", command=_vlc),
    Player(name="afplay", command=lambda path, _: [path], can_seek=False),  # macOS has it
    Player(name="pw-play", command=lambda path, _: [path], can_seek=False, suffixes=_SNDFILE),
    Player(name="paplay", command=lambda path, _: [path], can_seek=False, suffixes=_SNDFILE),
    Player(name="aplay", command=lambda path, _: ["-q", path], can_seek=False, suffixes=frozenset({"wav", "au"})),
)
"""In order of preference: players for all formats and positions come first."""


def play_file(path: str, start_s: float, *, open_audio: Decoder) -> None:
    """Play a file to its end, by the first player that can; an interruption ends the player.

    open_audio: decodes the file if no player does
    """
    there = [(player, program) for player in PLAYERS if (program := shutil.which(player.name)) is not None]
    player = next(((player, program) for player, program in there if player.can_play(path, start_s)), None)
    if player is not None:
        _run(player[0], player[1], path, start_s)
        return
    missing = _missing_for_sounddevice()
    if missing is None:
        _play_decoded(path, start_s, open_audio)
    elif there:
        names = " and ".join(player.name for player, _ in there)
        what = f"play {display_path(path)}" + (" from there" if start_s > 0.0 else "")
        raise PlayerError(f"{names} can't {what}; {_PLAYERS_TO_INSTALL} {missing}")
    else:
        raise PlayerError(f"this machine has no program that plays sound; {_PLAYERS_TO_INSTALL} {missing}")


def _run(player: Player, program: str, path: str, start_s: float) -> None:
    # stdout is for data; the player's messages and keys belong to the terminal.
    stderr = None if player.reports_by_exit_code else subprocess.PIPE
    lines: deque[str] = deque(maxlen=_MOST_LINES)
    with ExitStack() as stack:
        process: subprocess.Popen[bytes] | None = None
        try:
            with deferred_signals():
                command = [program, *player.command(path, start_s)]
                process = stack.enter_context(subprocess.Popen(command, stdout=_stderr(), stderr=stderr))
            lines.extend(line.decode("utf-8", "replace") for line in process.stderr or ())
            code = process.wait()
        except BaseException:
            if process is not None:
                _end(process)
            raise
    if any(_NO_DEVICE in line for line in lines):
        raise PlayerError(f"no sound: {player.name} finds no audio device; is one connected?")
    if code != 0:
        raise PlayerError(f"{player.name} could not play {display_path(path)} (exit code {code})")
    if why := next((line for line in lines if line.startswith(f"file:{path}: ")), None):
        reason = why.removeprefix(f"file:{path}: ").strip()
        raise PlayerError(f"{player.name} could not play {display_path(path)}: {reason}")


def _stderr() -> Any:
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        return subprocess.DEVNULL


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _missing_for_sounddevice() -> str | None:
    """Return what to install so that the package plays; None if it can."""
    try:
        import sounddevice  # noqa: F401
    except ImportError:
        return Packages("sound").how_to_add()
    except OSError:
        return "install PortAudio (libportaudio2 on Debian and Ubuntu), which map4's extra 'sound' needs"
    return None


def _play_decoded(path: str, start_s: float, open_audio: Decoder) -> None:
    import numpy as np
    import sounddevice

    from map4.core.audio.mixdown.channels import two_channels

    with open_audio(path) as stream:
        skip = round(start_s * stream.sample_rate_hz)
        try:
            with sounddevice.OutputStream(
                samplerate=stream.sample_rate_hz, channels=min(2, stream.channels), dtype="float32"
            ) as device:
                for block in stream.blocks():
                    rest = block[skip:]
                    skip = max(0, skip - len(block))
                    if len(rest):
                        device.write(np.ascontiguousarray(two_channels(rest), dtype=np.float32))
        except sounddevice.PortAudioError as error:
            raise PlayerError(f"no sound: {error}; is an audio device connected?") from None
