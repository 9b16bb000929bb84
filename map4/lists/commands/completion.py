"""Completion of the names of lists and curves in a shell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from map4.cli.options import CallOption
from map4.lists import CURVES

if TYPE_CHECKING:
    from map4.library import Library


def complete_list_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """For `shell_complete`: stored lists whose name, or folder, begins with the typed text, in any case."""

    def names(library: Library) -> Iterable[str]:
        for stored in library.lists.stored(history=None, is_counted=False):
            yield (f"{stored.folder}/{stored.name}" if "/" in incomplete and stored.folder else stored.name)

    return CallOption.beginning(incomplete, CallOption.from_library(ctx, names))


def complete_all_lists(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """For `shell_complete`: stored and deleted lists."""
    deleted = CallOption.from_library(ctx, lambda library: (stored.name for stored in library.lists.deleted()))
    return [*complete_list_names(ctx, param, incomplete), *CallOption.beginning(incomplete, deleted)]


def complete_lists(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """For `shell_complete` of LIST: files and stored lists."""
    # The file comes first: bash drops suggestions that come before it.
    return [CompletionItem(incomplete, type="file"), *complete_list_names(ctx, param, incomplete)]


def curve_names() -> Iterable[str]:
    """Names of the energy curves."""
    return CURVES
