"""A view over a source that answers late, in any order, or for another library: the newest question counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import WHY_NOT, Tab
from report_tracks import report_tracks

from map4.exports.render.html import render_html
from map4.exports.report.report import Report
from map4.page.linking import HOST, linked, page_file

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

# A source whose answers wait in `late` until they are let go, and whose library can become another.
ENTRY = """import { LocalSource } from "./source/local.js";
import { Tooltip } from "./parts/tooltip.js";
import { Explorer } from "./explorer.js";
class LateSource extends LocalSource {
  state = "first";
  asked = [];
  async answered(name, answer) {
    this.asked.push(name);
    answer.state = this.state;
    if (globalThis.late) await new Promise((done) => globalThis.late.push(done));
    return answer;
  }
  async find(query, ...more) { return this.answered(`find ${query}`, await super.find(query, ...more)); }
  async columns(...asked) { return this.answered("columns", await super.columns(...asked)); }
}
globalThis.source = new LateSource(JSON.parse(document.getElementById("data").textContent));
globalThis.explorer = new Explorer(source, new Tooltip());
document.getElementById("explorer").replaceChildren(explorer.element);
"""
ASK = """async (queries) => {
  globalThis.late = [];
  queries.forEach((query) => { explorer.input.value = query; explorer.filter(); });
  await new Promise((done) => setTimeout(done));
}"""
LET_GO = """async (newestFirst) => {
  while (late.length) { (newestFirst ? late.pop() : late.shift())(); await new Promise((done) => setTimeout(done)); }
}"""
TITLES = "[...document.querySelectorAll('.tracks td.title > span')].map((x) => x.textContent)"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("late") / "report.html"
    path.write_text("".join(render_html(Report(title="Late", tracks=report_tracks(400), template="library"))), "utf-8")
    return path


@pytest.fixture(scope="module")
def script() -> str:
    return "".join(linked(f"{HOST}entry.js", lambda name: ENTRY if name == f"{HOST}entry.js" else page_file(name)))


@pytest.fixture
def tab(started: Tab, path: Path, script: str) -> Iterator[Tab]:
    """The page, loaded anew."""
    started.open(path)
    started.run(script)
    started.page.wait_for_function(f"{TITLES}.length > 5")
    yield started
    assert started.said == []


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_newest_question_counts_in_whatever_order_answers_come(tab: Tab, newest_first: bool) -> None:
    tab.run(ASK, [f'title:="Song {number}"' for number in (1, 2, 3)])
    assert "Song 9" in tab.run(TITLES)  # until the answer is there, what was shown stays
    tab.run(LET_GO, newest_first)
    assert tab.run(TITLES) == ["Song 3"]
    assert tab.run("document.querySelector('output').textContent") == "1 of 400 tracks"


def test_what_is_in_sight_is_drawn_however_late_the_rows_of_other_places_come(tab: Tab) -> None:
    tab.run("""async () => {
      globalThis.late = [];
      for (const top of [3000, 9000, 6000]) {
        document.querySelector(".list").scrollTop = top;
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      }
    }""")
    tab.run(LET_GO, True)
    places = tab.run(
        "[...document.querySelectorAll('.tracks tr[aria-rowindex]')].map((row) => Number(row.ariaRowIndex))"
    )
    assert min(places) < 6000 // 36 + 2 < max(places) < 9000 // 36


def test_rows_of_another_library_are_asked_for_anew(tab: Tab) -> None:
    tab.run("() => { globalThis.late = null; source.asked = []; source.state = 'second'; explorer.table.refresh(); }")
    assert tab.run("source.asked")[:3] == ["columns", "find ", "columns"]  # then those of the heat map
    assert len(tab.run(TITLES)) > 5
