"""The page's modules become one script: ours, and others as they are published."""

import pytest
from browser import WHY_NOT, browser

from map4.page.linking import HOST, linked

# In the manner of what registries hold: minified, one name for many things, most forms of import and export.
PUBLISHED = {
    "minified.js": """/**
 * @license
 * Somebody, BSD-3-Clause
 */
const t=/[/`"'}]export/g,e=(t,e)=>{"use strict";return`${t?`}${e}`:"import x from 'y'"}`};class i{static export(){
return 4}}
let s=1,n=e=>e/s/2;if(s)/[)]}/.test(s)&&s++;/* export{no} */export{e as html,i as default,n as half,t};
export{half as half2,wait}from"./deep/other.js";
//# sourceMappingURL=minified.js.map
""",
    "deep/other.js": """'use strict';
import
  Mine, {
  half as e,
  html,
} from "../named.js";
import * as all from "../named.js";
export { html as again, default as Theirs } from '../named.js'
export const half = () => 0;
const t = `${html(1, `}`)} // no comment`, url = "https://a.b/*c";  // "export {
export async function wait() { await null; return all.half(e(8)); }
export default function () { return [t, url, Mine.name, import.meta.url.length > 0].join(" "); }
""",
    "named.js": """export default class Named { get export() { return 1; } }
export const half = (x) => x / 2 / 1, [unseen] = [1];
export let html = (a, b) => a + b;
export function* few() { yield 1 }
""",
    "entry.js": """import D,{html,half,t,wait}from"./minified.js"
import * as everything from "./named.js"
import other, { Theirs, again } from "./deep/other.js";
globalThis.found = [
  html(1, "<b>"), D.export(), half(8), t.source, other(), again(2, 3), [...everything.few()],
  new Theirs().export];
wait().then((two) => globalThis.found.push(two));
""",
}


def test_first_script_has_no_module_of_the_set_and_the_waveform_of_a_track() -> None:
    first, both = linked(f"{HOST}live.js"), linked(f"{HOST}live.js", f"{HOST}later.js")
    assert [name for name in first if "/lists/" in name] == ["map4/lists/page/set_room.js"]
    assert {f"{HOST}parts/{name}.js" for name in ("set_clock", "value_list", "wave")} <= both.keys() - first.keys()


@pytest.mark.contract
@pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")
def test_modules_as_they_are_published_run_as_one_script() -> None:
    script = "".join(linked("entry.js", read=PUBLISHED.__getitem__).values())
    with browser() as tab:
        tab.page.set_content(f'<script type="module">{script}</script>')
        tab.page.wait_for_function("globalThis.found?.length === 9")
        assert tab.said == []
        assert tab.run("found") == [
            "}<b>",
            4,
            4,
            "[/`\"'}]export",
            "1} // no comment https://a.b/*c Named true",
            5,
            [1],
            1,
            2,
        ]


def test_linking_keeps_licences_and_drops_other_comments() -> None:
    script = "".join(linked("entry.js", read=PUBLISHED.__getitem__).values())
    assert "Somebody, BSD-3-Clause" in script
    assert "sourceMappingURL" not in script
    assert "export {" not in script


def test_invalid_modules_are_refused() -> None:
    cases = [
        ('import { a } from "./b.js";', "a.js: b.js has no a"),
        ('export { a } from "./b.js";', "a.js: b.js has no a"),
        ('import a from "./b.js";', "a.js: b.js has no default"),
        ('import { c } from "./circle.js";', "circle.js is part of a circular import"),
        ('import "./b.js";', "is not understood"),
        ('export * from "./b.js";', "is not understood"),
        ('import { a } from "lit-html";', "is not a file of the page"),
        ("\n\nimport * from './b.js';", r"a.js, line 3: 'import \* from './b.js';' is not understood"),
        ("export const { a } = {};", "is not understood"),
        ('export { a as "b c" };', "is not understood"),
        ("export = a;", "is not understood"),
        ("const a = `${b;", "'{' is not closed|'\\${' is not closed"),
        ("const a = 'b;", "is not closed"),
        ("a(b));", "was never opened"),
    ]
    for source, problem in cases:
        files = {"a.js": source, "b.js": "const a = 1;", "circle.js": 'import { c } from "./circle.js"; export { c };'}
        with pytest.raises(ValueError, match=problem):
            linked("a.js", read=files.__getitem__)


@pytest.mark.parametrize(
    "source",
    ["a = b / c / d", "a = b() / c['/'] / 2", "if (a) /'/.test(b)", "return_ = a++ / 2 / '1'", "x = y ? /'/ : /[/']/",
     "`${a}` / 2 / '1'", "throw /'/", "a.return / 2 / '1'", "{}\n/'/.exec(a)", "a = 4 /* ' */ / 2", "a = /\\/'/u"],
)  # fmt: skip
def test_slash_is_parsed_as_division_or_regular_expression(source: str) -> None:
    script = linked("a.js", read=lambda name: f"{source}\n;export const end = 1;")
    assert "return{end:end}" in script["a.js"]
