import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";

const { branchIn, countWords, orderIn, placeIn, shapeIn } =
    await import("../../../map4/search/page/browse_state.js"),
  { addressWith } = await import("../../../map4/page/source/server.js");

const of = (text) => new URLSearchParams(text);

test("an address has a place, an order and a branch of the tree", () => {
  assert.equal(placeIn(of("q=house")), undefined);
  assert.equal(placeIn(of("like=7&less=8")), "7");
  assert.equal(orderIn(of("q=house")), null);
  assert.deepEqual(orderIn(of("sort=bpm-")), { field: "bpm", descending: true });
  assert.deepEqual(orderIn(of("sort=bpm")), { field: "bpm", descending: false });
  const branches = ["in=3&q=x", "album=4&q=x", "q=house genre:=techno", ""];
  assert.deepEqual(
    branches.map((text) => branchIn(of(text))),
    ["list:3", "-", "genre:=techno", ""],
  );
});
test("an address loses what is null, and is empty with nothing", () => {
  assert.equal(addressWith(of("q=house&in=3"), { in: null, sort: "bpm" }), "?q=house&sort=bpm");
  assert.equal(addressWith(of("q=house"), { q: "" }), "");
});
test("a search counts of all tracks, a place its own", () => {
  assert.equal(countWords(7, 4000, false), "7 of 4,000 tracks");
  assert.equal(countWords(7, 4000, true), "7 tracks");
  assert.equal(countWords(1, 1, false), "1 track");
  assert.equal(countWords(30, 29, false), "30 tracks"); // a scan added one since the total was read
});
test("columns that cannot be read are those that fit", () => {
  const fits = { names: null, widths: {} };
  for (const stored of [null, "{", "[]", "1", '{"names":"bpm","widths":3}'])
    assert.deepEqual(shapeIn(stored), fits, stored);
  const own = { names: ["bpm"], widths: { bpm: 80 } };
  assert.deepEqual(shapeIn(JSON.stringify(own)), own);
});
