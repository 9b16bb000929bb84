import "./in_node.mjs";
import { textOf } from "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.location ??= { hash: "", href: "http://a/" };
Object.defineProperty(Node.prototype, "tBodies", {
  get() {
    return [this];
  },
});
const { make } = await import("../../../map4/extras/sound_map/page/sound_map.js");
const { signal } = await import("../../../map4/page/parts/html.js");
const { paintTitles } = await import("../../../map4/page/map/painting.js");
const { Selection } = await import("../../../map4/page/parts/selection.js");

const next = () => new Promise((done) => setTimeout(done));
const all = (element, name) =>
  (element.children ?? []).flatMap((child) => [
    ...(child.localName === name ? [child] : []),
    ...all(child, name),
  ]);

const NONE = { genre: [], family: [], key: [], bpm: [], level: [] };
const ANSWERS = {
  map: { rows: [1], places: "AAAA", kept: 1, left_out: 0 },
  "map/regions": { regions: [] },
};

test("a selection is counted at once, and loaded again after a lost answer", async () => {
  let answer = () => {},
    lose = () => {},
    online = () => {};
  const selection = new Selection(),
    view = make({
      selection,
      source: {
        about: { count: 9, has: [], table: [], keys: [], keyNames: [] },
        get: async (path) => ANSWERS[path] ?? { parts: {}, texts: {}, values: NONE },
        find: async (_query, _order, rows) =>
          rows
            ? new Promise((done, lost) => {
                [answer, lose] = [done, lost];
              })
            : { count: 9 },
      },
      player: { changes: { value: 0, subscribe() {} } },
      set: {},
      server: { may: () => false },
      tooltip: { hide() {}, track: async () => null },
      changes: { on: (kinds, call) => kinds === "online" && (online = call) },
      box: { typedCount: signal(), show() {}, showProblem() {} },
    });
  await view.show({ params: new URLSearchParams() });
  selection.set([1, 2]);
  for (const canvas of all(view.element, "canvas")) canvas.dispatchEvent(new Event("pointerleave"));
  const count = () => textOf(all(view.element, "output")[0]);
  await next();
  assert.equal(count(), "2 selected"); // before its answer
  lose(new Error("the server is away"));
  await next();
  const before = answer;
  online();
  assert.notEqual(answer, before); // asked for again
  answer({ count: 2 });
  await next();
  assert.equal(count(), "2 selected");
});

test("without places there is no map, and a scan only for those who may", async () => {
  for (const scans of [true, false]) {
    const view = make({
      selection: new Selection(),
      source: {
        about: { count: 9, has: [], table: [], keys: [], keyNames: [] },
        get: async () => ({ ...ANSWERS.map, rows: [], places: "" }),
        find: async () => ({ count: 9 }),
      },
      player: { changes: { value: 0, subscribe() {} } },
      set: {},
      server: { may: () => scans },
      tooltip: { hide() {} },
      changes: { on() {} },
      box: { typedCount: signal(), show() {}, showProblem() {} },
    });
    await view.show({ params: new URLSearchParams() });
    assert.match(textOf(view.element), /needs at least eight tracks/);
    assert.equal(/Scan a folder/.test(textOf(view.element)), scans);
  }
});

test("names are beside their dots, cover no dot, and stay inside the map", () => {
  const places = [
      [10, 50],
      [40, 50], // where the name of the first would be
      [190, 20],
      [100, 80],
    ],
    names = {},
    pen = {
      measureText: (text) => ({ width: 10 * text.length }),
      fillText: (text, x) => (names[text] = x),
      strokeText() {},
    },
    ids = ["left", "name", "edge", "free"],
    map = { at: (i) => places[i], ids, titles: new Map(ids.map((id) => [id, id])), width: 200 };
  paintTitles(map, pen, [0, 1, 2, 3], 6);
  assert.deepEqual(names, { name: 50, edge: 140, free: 110 });
});
