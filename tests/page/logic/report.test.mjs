import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import "./fake_dom.mjs";
import { liveTables } from "../../../map4/page/parts/sorting.js";
import { filtered } from "../../../map4/page/source/filter.js";
import { Tracks } from "../../../map4/page/source/tracks.js";

const TITLES = ["Café Naïf", "Cafeteria", "Ночь", "<b>CAFE", null];
const tracks = new Tracks({
  tracks: TITLES.length,
  marks: [],
  keys: ["8A", "8B", "9A"],
  keyNames: ["Am", "C", "Em"],
  near: [
    [0, 1, 2],
    [0, 1],
    [0, 2],
  ],
  columns: {
    title: TITLES,
    genre: { texts: ["Deep House", "House"], at: [0, 1, null, null, 0] },
    bpm: { parts: 10, values: [1200, 1260, null, 904, 1200] },
    level: { parts: 1, values: [1, 5, 10, null, 3] },
    key: { parts: 1, values: [0, 1, 2, null, 0] },
  },
});

test("a filter finds words without case and accents, ranges and keys", () => {
  for (const [text, found] of [
    ["", [0, 1, 2, 3, 4]],
    ["cafe", [0, 1, 3]],
    ["cafe naif", [0]],
    ["ночь", [2]],
    ['"deep house"', [0, 4]],
    ["cafe ^house", [3]],
    ["bpm:..90", [3]],
    ["bpm:..90.3", []],
    ["bpm:120", [0, 4]],
    ["bpm:120.. energy:3..", [1, 4]],
    ["year:1990..", []],
    ["key:8a", [0, 4]],
    ["key:em,C", [1, 2]],
    ["key:~9A", [0, 2, 4]],
  ])
    assert.deepEqual([...filtered(text, tracks)], found, text);
});
test("a filter names what it does not understand", () => {
  for (const [text, message] of [
    ["bpm:", /bpm: takes a number or a range; write bpm:120..128/],
    ["bpm:..", /bpm: takes a number or a range/],
    ["energy:high", /write energy:7..10/],
    ["key:H", /'H' is not a key; write Am or 8B/],
    ["comment:promo", /filters by words, bpm:, energy:, year: and key:; for more, use map4 search/],
    ["cafe or house", /filters by words/],
  ])
    assert.throws(() => filtered(text, tracks), { message }, text);
});
test("sorting puts unknown values last in both directions", () => {
  const sorted = (descending) => [...tracks.sorted(tracks.inOrder, "title", descending)];
  assert.deepEqual(
    [sorted(false), sorted(true)],
    [
      [3, 0, 1, 2, 4],
      [2, 1, 0, 3, 4],
    ],
  );
});

// A table of pairs with the tempo steps that are known, sortable by its two heads.
function pairs(steps) {
  const row = (step, at) => ({
      name: `${at}`,
      cells: [
        { dataset: {}, firstChild: { textContent: `${at + 1} + ${10 - at}` } },
        { dataset: step === null ? { order: "NaN" } : { order: String(step) } },
      ],
    }),
    heads = ["Pair", "Tempo"].map((text) => {
      const head = document.createElement("th");
      head.textContent = text;
      head.removeAttribute = () => (head.ariaSort = null);
      return head;
    }),
    body = { rows: steps.map(row), append: (...rows) => (body.rows = rows) };
  liveTables({
    querySelectorAll: () => [{ tHead: { rows: [{ cells: heads }] }, tBodies: [body] }],
  });
  const click = (at) => {
    heads[at].children[0].dispatchEvent(new Event("click"));
    return body.rows.map(({ name }) => name).join("");
  };
  return { heads, click };
}

test("rows are sorted by a click on a head, back by the next; unknown ones are last", () => {
  const { heads, click } = pairs([3, null, -1, 2]);
  assert.deepEqual([click(1), heads[1].ariaSort], ["2301", "ascending"]);
  assert.deepEqual([click(1), heads[1].ariaSort], ["0321", "descending"]);
  assert.deepEqual([click(0), heads[0].ariaSort, heads[1].ariaSort], ["0123", "ascending", null]);
  assert.equal(click(0), "3210");
});
