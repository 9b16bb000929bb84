import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { textOf } from "./fake_dom.mjs";

const { gridOf, make, windowOf } = await import("../../../map4/search/page/albums.js");
const { signal } = await import("../../../map4/page/parts/html.js");
const { grown } = await import("../../../map4/page/parts/table_head.js");
const { phrasesOf } = await import("../../../map4/page/parts/strips.js");

test("albums and artists are not counted before they are there", async () => {
  globalThis.location ??= { hash: "", href: "http://a/" };
  globalThis.ResizeObserver ??= class {
    observe() {}
    disconnect() {}
  };
  Node.prototype.scrollTo ??= () => {};
  Object.assign(globalThis, { innerWidth: 1280, innerHeight: 800 });
  const answers = [],
    view = make({
      source: { get: () => new Promise((resolve) => answers.push(resolve)) },
      box: { typedCount: signal(), show() {}, showProblem() {} },
      changes: { on() {} },
    }),
    show = (address) => view.show({ params: new URLSearchParams(address) });
  view.element.checkVisibility = () => true;
  const text = () => textOf(view.element);
  show("");
  assert.match(text(), /Loading albums…/);
  assert.doesNotMatch(text(), /\d album/);
  answers[0]({ count: 2, from: 0, albums: [] });
  await new Promise(setImmediate);
  assert.match(text(), /2 albums/);
  show("show=artists");
  await new Promise(setImmediate);
  assert.match(text(), /Loading artists…/);
  assert.doesNotMatch(text(), /\d (album|artist)/);
  answers[1]({ count: 0, from: 0, artists: [] });
  await new Promise(setImmediate);
  assert.match(text(), /0 artists.*No music yet\./s);
});
test("a grid has two columns on a phone and at most twelve, and is as high as its rows", () => {
  assert.equal(gridOf(390, 5).columns, 2);
  assert.ok(gridOf(2560, 0).columns <= 12);
  const { columns, step, height } = gridOf(1280, 15);
  assert.equal(height, 16 + Math.ceil(15 / columns) * step);
});
test("a window has whole rows, with spare ones around what is seen", () => {
  const grid = gridOf(1280, 10_000),
    { from, to } = windowOf(grid, 50 * grid.step, 3 * grid.step);
  assert.equal(from % grid.columns, 0);
  assert.ok(from < 50 * grid.columns && to > 53 * grid.columns);
  assert.equal(windowOf(grid, 0, 100).from, 0);
});
test("columns fill the room, none wider than it may be", () => {
  assert.deepEqual(grown([100, 100], [1, 1], [Infinity, 120], 400), [280, 120]);
  assert.deepEqual(grown([100, 100], [0, 0], [Infinity, Infinity], 300), [100, 200]);
  assert.deepEqual(grown([100, 100], [1, 1], [Infinity, Infinity], 150), [100, 100]);
});
test("phrases are read from their text", () => {
  assert.deepEqual(phrasesOf("i80-500o1000"), [
    { role: "i", from: 0, to: 0.08 },
    { role: "-", from: 0.08, to: 0.5 },
    { role: "o", from: 0.5, to: 1 },
  ]);
});
test("regions are shown at the level whose regions are about as large as their names", async () => {
  const { levelOf } = await import("../../../map4/page/map/painting.js"),
    regions = [4, 8, 16, 32].map((grid) => ({ grid }));
  assert.equal(levelOf(regions, 600), 4);
  assert.equal(levelOf(regions, 1500), 8);
  assert.equal(levelOf(regions, 99_999), 32);
  assert.equal(levelOf([], 600), 0);
});
