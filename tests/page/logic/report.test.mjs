import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import "./fake_dom.mjs";
import { liveTables } from "../../../map4/page/parts/sorting.js";
import { findTracks } from "../../../map4/page/source/query.js";
import { Tracks } from "../../../map4/page/source/tracks.js";

const TITLES = ["Café Naïf", "Cafeteria", "Ночь", "<b>CAFE", null];
// The tracks of a report that has titles and tempi only.
const tracks = new Tracks({
  tracks: TITLES.length,
  marks: [],
  places: [],
  keys: [],
  near: [],
  query: {
    knows: ["title", "bpm"],
    fields: {
      title: { kind: "text", example: "title:love" },
      bpm: { kind: "number", least: 30, most: 300, step: 1, example: "bpm:120..128" },
      comment: { kind: "text", example: "comment:promo" },
      sort: { kind: "control", example: "sort:bpm" },
      limit: { kind: "control", example: "limit:10" },
      is: { kind: "is", example: "is:ok" },
    },
    aliases: {},
    is: ["any", "ok", "copy"],
    states: ["any", "ok"],
  },
  columns: {
    title: TITLES,
    bpm: { parts: 10, values: [1200, 1260, null, 900, 1200] },
    state: { texts: ["ok"], at: [0, 0, 0, 0, 0] },
  },
});

test("a filter finds words without regard to case and accents, in the order asked for", () => {
  for (const [query, found] of [
    ["cafe", [0, 1, 3]],
    ["cafe naif", [0]],
    ["ночь sort:title", [2]],
    ["bpm:..125 sort:bpm", [3, 0, 4]],
    ["is:any sort:bpm- limit:3", [1, 0, 4]],
    ["sort:title", [3, 0, 1, 2, 4]], // unknown values come last
    ["sort:title-", [2, 1, 0, 3, 4]],
    ["artist:=x or naif", null],
  ])
    if (found) assert.deepEqual([...findTracks(query, tracks)], found, query);
    else assert.throws(() => findTracks(query, tracks), /no field 'artist'/);
});
test("what a page can't answer is said in words", () => {
  for (const [query, said] of [
    ["bpm:", /'bpm:' needs a value, such as bpm:120..128/],
    ["bmp:120", /there is no field 'bmp'; to search for the text, put it in quotes/],
    ["comment:promo", /this page can't search by comment:; use map4 search/],
    ["is:copy", /this page can't search by is:copy/],
    ["is:odd", /there is no 'is:odd'; use one of any, ok, copy/],
    ["bpm>=120", /a field takes a colon, not '>='; write bpm:120..128/],
    ["or cafe", /nothing before 'or'/],
    ["cafe or", /nothing after 'or'/],
    ["cafe | house", /to match either, write 'or'/],
    ["sort:shoe", /can't sort by 'shoe'/],
    ["limit:many", /'limit:' takes a whole number/],
  ])
    assert.throws(() => findTracks(query, tracks), { name: "Error", message: said }, query);
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
