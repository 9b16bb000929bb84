"""The lines that are counted are those that Python's own tracer sees."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import pytest
from counted_lines import CountingLoader, reached

SOURCE = '''"""Words."""

from __future__ import annotations

import functools
from contextlib import suppress


@functools.cache
@functools.wraps(
    len
)
def chosen(number):
    """Words."""
    global last
    last = number
    if number > 2:
        return "many"
    elif number:
        pass
    else:
        return (
            "none"
        )
    for _ in range(number):
        if number == 2: continue
        break
    else:
        number += 1
    while number < 9:
        number += 9
    match number:
        case 9 | 10:
            number = 0
        case str():
            number = 1
        case _:
            number = 2
    return number


class Kept(
    Exception
):
    """Words."""

    size: int = 1

    def told(self):
        "Words alone."

    async def later(self):
        async with self:
            await self


def tried(error):
    try:
        if error:
            raise error
        return 1
    except ValueError:
        return 2
    except (TypeError, Kept) as found:
        raise LookupError from found
    finally:
        with suppress(LookupError), suppress(ValueError):
            [chosen(number) for number in range(2)]
    return 3


def never():
    return lambda: 1
'''
CALLS = ("chosen(0)", "chosen(1)", "chosen(3)", "tried(None)", "tried(ValueError())", "tried(Kept())", "Kept().told()")


def run(module: ModuleType, calls: Sequence[str]) -> None:
    for call in calls:
        with suppress(LookupError):
            eval(call, vars(module))


def lines_of(code: CodeType) -> set[int]:
    """Where the statements of compiled code begin, or go on."""
    inside = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return {line for *_, line in code.co_lines() if line} | {line for part in inside for line in lines_of(part)}


@pytest.mark.parametrize("calls", [(), *((call,) for call in CALLS), CALLS], ids=" ".join)
def test_a_line_is_counted_when_a_tracer_sees_it(calls: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "drawn.py"
    path.write_text(SOURCE, encoding="utf-8")
    seen = set[int]()

    def traced(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename == str(path):
            seen.update([frame.f_lineno] if event == "line" else [])
            return traced
        return None

    code = compile(SOURCE, path, "exec", dont_inherit=True)
    plain = ModuleType("drawn")
    before = sys.gettrace()
    sys.settrace(traced)
    try:
        exec(code, vars(plain))
        run(plain, calls)
    finally:
        sys.settrace(before)

    counted = ModuleType("drawn")
    CountingLoader("drawn", str(path)).exec_module(counted)
    run(counted, calls)
    found = {line for line, is_reached in enumerate(reached.pop(str(path))) if is_reached}

    tree = list(ast.walk(ast.parse(SOURCE)))
    statements = {node.lineno for node in tree if isinstance(node, ast.stmt)}
    decorators = {node.lineno for around in tree for node in getattr(around, "decorator_list", [])}
    begun = (statements | decorators) & lines_of(code)
    assert found & begun == seen & begun
    # A tracer sees arms too that are tried and not entered.
    arms = [(node.lineno, node.body) for node in tree if isinstance(node, ast.ExceptHandler)]
    arms += [(node.pattern.lineno, node.body) for node in tree if isinstance(node, ast.match_case)]
    assert found & {line for line, _ in arms} == {line for line, block in arms if block[0].lineno in found}
