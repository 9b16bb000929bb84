import assert from "node:assert/strict";
import { test } from "node:test";
import { rulesOf, textOf } from "../../../map4/page/parts/rule_rows.js";

const field = (name, terms, values = {}) => ({
  name,
  values,
  relations: terms.map((term) => ({ words: term, term })),
});
const FIELDS = [
  field("", ["{value}", "^{value}"]),
  field("bpm", [
    "bpm:{value}..",
    "bpm:..{value}",
    "bpm:{value}..{other}",
    "bpm:{value}",
    "has:bpm",
  ]),
  field("genre", ["genre:{value}", "^genre:{value}", "genre:={value}", "missing:genre"]),
  field("added", ["added:-{value}", "added:{value}..", "added:{value}..{other}"]),
  field("is", ["is:{value}", "^is:{value}"], { doubtful: "unsure", ok: "well" }),
];
const rowsOf = (text) => {
  const { rules, rest } = rulesOf(text, FIELDS);
  return [rules.map(({ term, value, other }) => [term, value, other].filter(Boolean)), rest];
};
const rule = (term, value = "", other = "") => ({ field: "", term, value, other });

test("terms become rows, and rows the same terms", () => {
  for (const [text, ...rows] of [
    ["house", ["{value}", "house"]],
    ['^"deep house"', ["^{value}", "deep house"]],
    ["bpm:120..128", ["bpm:{value}..{other}", "120", "128"]],
    ["bpm:120.. bpm:..128", ["bpm:{value}..", "120"], ["bpm:..{value}", "128"]],
    ["has:bpm missing:genre", ["has:bpm"], ["missing:genre"]],
    ['genre:="Drum & Bass"', ["genre:={value}", "Drum & Bass"]],
    ["^genre:house is:doubtful", ["^genre:{value}", "house"], ["is:{value}", "doubtful"]],
    ["added:-2w", ["added:-{value}", "2w"]],
    ['genre:"say \\"when\\""', ["genre:{value}", 'say "when"']],
  ]) {
    assert.deepEqual(rowsOf(text), [rows, ""]);
    const { rules, rest } = rulesOf(text, FIELDS);
    assert.equal(textOf(rules, rest), text);
  }
});
test("a term without a row stays text, and so does all with or", () => {
  for (const text of ["sort:bpm-", "bpm:~174", "is:odd", 'genre:"deep"', "added:..-1w", "key:8A"])
    assert.deepEqual(rowsOf(`house ${text}`), [[["{value}", "house"]], text]);
  assert.deepEqual(rowsOf("house or genre:techno"), [[], "house or genre:techno"]);
});
test("what is typed in a row is one term, whatever it looks like", () => {
  for (const [value, text] of [
    ["or", '"or"'],
    ["^house", '"^house"'],
    ["bpm:120", '"bpm:120"'],
    ["deep house", '"deep house"'],
    ['"heroes', '"\\"heroes"'],
    ['7" mix', '"7\\" mix"'],
    [" mute ", "mute"],
  ]) {
    assert.equal(textOf([rule("{value}", value)], ""), text);
    assert.deepEqual(rowsOf(text), [[["{value}", value.trim()]], ""]);
  }
});
test("rows without their values are left out; the text follows the rows", () => {
  const rows = [rule("bpm:{value}..{other}", "120"), rule("genre:{value}"), rule("has:bpm")];
  assert.equal(textOf(rows, " sort:bpm "), "has:bpm sort:bpm");
});
