"""Options that say which language model is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from map4.cli.options import F, collect
from map4.cli.session import Session


def model_keywords(session: Session, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the call, filled up by settings; those for Claude count where Claude is asked."""
    config = session.config
    claude = {"provider": "claude", "model": config["classify.model"], "url": config["classify.base_url"]}
    return {**asked, "models": {"claude": claude, **config["classify.models"]}}


def model_options(default: str | None, *, more: str = "") -> Callable[[F], F]:
    """Add --provider, --model, --base-url and --local-only; the command gets them as `asked`."""
    return collect(
        "asked",
        dict,
        click.option(
            "--provider",
            default=default,
            metavar="NAME",
            show_default=default is not None,
            help="Who is asked: claude; openai, which is any model that speaks as OpenAI's do; a name of the setting "
            f"classify.models{more}.",
        ),
        click.option("--model", metavar="NAME", help="Which of its models (of Claude's also MAP4_MODEL)."),
        click.option("--base-url", metavar="URL", help="Address of the service (of Claude's also MAP4_BASE_URL)."),
        click.option("--local-only", is_flag=True, help="Refuse any address that is not this machine's."),
    )
