"""`map4 scan --voice`."""

from __future__ import annotations

import click

from map4.cli.call_options import CallOption
from map4.extras.voice.options import require_model


def scan_option() -> click.Option:
    """`map4 scan --voice` (hook “scan-option”)."""
    return CallOption(
        ["--voice/--no-voice"], default=None, expose_value=False, callback=_wanted, heading="What is analysed",
        help="Then find where somebody sings (setting scan.voice).",
    )  # fmt: skip


def _wanted(ctx: click.Context, param: click.Parameter, given: bool | None) -> None:
    ctx.meta["voice"] = given
    if given:
        require_model()
