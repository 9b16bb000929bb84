"""Which lines of map4 `--cov` counts: those of the tests where they are likely to be new.

Counting makes Python one and a half times as slow. It is left out while tests are collected; in the second case of a
test and those that follow, which pass the same lines with other values; while a property is tried with many examples;
in rooms that run the whole program, and in a few long tests. So what is counted is never more than what is tested.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# They pass lines of map4 that tests of their own room have counted.
WHOLE_PROGRAM = ("tests/docs/", "tests/examples/", "tests/benchmarks/")
# Long computations over lines that quicker tests pass too.
LONG = (
    "tests/app/playlists/test_candidates.py",
    "tests/app/test_mix_rendering.py",
    "tests/cli/commands/test_scan_formats.py",
    "tests/features/spectrum/test_spectral_pass.py",
    "tests/features/test_rendered_songs.py",
    "tests/formats/lists/test_limits.py",
    "tests/formats/workbook/test_workbook.py",
    "tests/infra/sql/rows/test_analysis_parts.py",
    "tests/infra/sql/sound/test_copies.py",
    "tests/library/test_mix.py",
)
# What does its work when it is imported, in a process that is there for it.
DO_AS_IMPORTED = ("map4.__main__", "map4.infra.workers.preload")
IS_COUNTED = pytest.StashKey[bool]()
PACKAGE = Path(__file__).resolve().parent.parent.parent / "map4"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cov-all", action="store_true", help="count lines in every test and every case of it")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[object]:
    """Count the lines of map4 that run when it is imported, and none else."""
    if (counter := _counter(session.config)) and counter.started:
        for module in pkgutil.walk_packages([str(PACKAGE)], "map4."):
            if module.name not in DO_AS_IMPORTED:
                importlib.import_module(module.name)
        _count(session.config, False)
    return (yield)


@pytest.hookimpl(trylast=True)  # when the tests that are not wanted are gone
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    known = set[str]()
    for item in items:
        function = item.nodeid.partition("[")[0]
        item.stash[IS_COUNTED] = config.getoption("cov_all") or not (
            function in known
            or function.startswith(WHOLE_PROGRAM + LONG)
            or item.get_closest_marker("no_cover")
            or getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        )
        known.add(function)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[object]:
    _count(item.config, item.stash[IS_COUNTED])
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    _count(config, False)  # this process gives out the tests and runs none


def _count(config: pytest.Config, is_wanted: bool) -> None:
    if (counter := _counter(config)) and counter.started != is_wanted:
        (counter.resume if is_wanted else counter.pause)()


def _counter(config: pytest.Config) -> Any:
    """What counts lines, if anything does."""
    return getattr(config.pluginmanager.get_plugin("_cov"), "cov_controller", None)
