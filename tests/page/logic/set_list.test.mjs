import assert from "node:assert/strict";
import { test } from "node:test";
import {
  inOrder,
  placesAfter,
  placesOf,
  ratingsOf,
  rebasedOn,
  tempoText,
  weakOf,
} from "../../../map4/page/parts/set_list.js";

const pick = (title) => ({
  track: { path: `/m/${title}.mp3`, current: { artist: "Ann", name: title } },
  energy_target: null,
  transition: null,
  relaxed: [],
  reasons: [],
});
const LIST = {
  entries: [
    { location: "/m/one.mp3", artist: null, title: null, id: "a", row: 1 },
    { location: "/m/gone.mp3", artist: "Ben", title: null, id: null, row: null },
    { location: "/m/two.mp3", artist: null, title: null, id: "b", row: 2 },
    { location: "/m/one.mp3", artist: null, title: null, id: "a", row: 1 },
  ],
  ids: ["a", "b", "a"],
  picks: [pick("One"), pick("Two"), pick("One")],
  locked: [3],
};
const titles = (places) => places.map(({ title }) => title).join(" ");
const loading = (places) => places.map((place) => Number(place.isLoading)).join("");

test("each entry has a place; files that are gone show a name, twins have own keys", () => {
  const places = placesOf(LIST);
  assert.equal(titles(places), "One gone.mp3 Two One");
  assert.deepEqual(
    places.map(({ row }) => row),
    [1, null, 2, 1],
  );
  assert.deepEqual(
    places.map(({ locked }) => locked),
    [false, false, true, false],
  );
  assert.equal(new Set(places.map(({ key }) => key)).size, 4);
});
test("a move asks for the transitions that change", () => {
  const places = placesOf(LIST);
  const after = placesAfter(places, { op: "move", from: 4, to: 1 });
  assert.equal(titles(after), "One One gone.mp3 Two");
  assert.equal(loading(after), "1100");
  assert.equal(
    titles(placesAfter(places, { op: "move", from: 1, to: 3, count: 2 })),
    "Two One One gone.mp3",
  );
});
test("moved and locked places are unsaved until the server answers", () => {
  const unsaved = (op, places = placesOf(LIST)) =>
      placesAfter(places, op).map(({ isUnsaved = false }) => Number(isUnsaved)),
    moved = placesAfter(placesOf(LIST), { op: "move", from: 1, to: 2, count: 2 });
  assert.deepEqual(unsaved({ op: "move", from: 1, to: 2, count: 2 }), [0, 1, 1, 0]);
  assert.deepEqual(unsaved({ op: "lock", places: [4], locked: true }, moved), [0, 1, 1, 1]);
  assert.deepEqual(unsaved({ op: "remove", places: [1] }, moved), [1, 1, 0]);
});
test("a removal asks for the transition across the gap only", () => {
  const after = placesAfter(placesOf(LIST), { op: "remove", places: [2] });
  assert.equal(titles(after), "One Two One");
  assert.equal(loading(after), "010");
});
test("a lock changes only its places, and what the server decides leaves the list as it is", () => {
  const places = placesOf(LIST);
  assert.deepEqual(
    placesAfter(places, { op: "lock", places: [1], locked: true }).map(({ locked }) => locked),
    [true, false, true, false],
  );
  assert.equal(placesAfter(places, { op: "make", curve: "wave" }), places);
});
test("another order keeps missing files in their places, and the version", () => {
  const order = { ids: ["b", "a", "a"], picks: ["Two", "One", "One"].map(pick), quality: "Q" },
    list = inOrder({ ...LIST, id: "l-1", name: "Friday", version: 3 }, order);
  assert.equal(titles(placesOf(list)), "Two gone.mp3 One One");
  assert.deepEqual([list.name, list.version, list.quality], ["Friday", 3, "Q"]);
});
test("transitions that a DJ would not play are weak", () => {
  const ratings = ["excellent", "good", "fair", "poor"],
    places = [null, {}, ...ratings.map((rating) => ({ transition: { rating } }))];
  assert.deepEqual(
    weakOf(places.map((one) => ({ pick: one }))).map(
      ({ pick: { transition } }) => transition.rating,
    ),
    ["fair", "poor"],
  );
  assert.deepEqual(ratingsOf([{ pick: places[2] }]), { excellent: 1, good: 0, fair: 0, poor: 0 });
});
test("only a measured tempo can be doubtful", () => {
  const text = (bpm, confidence) => tempoText({ current: { bpm }, tempo: { confidence } });
  assert.deepEqual([text(120, 0.4), text(120, 0.5), text(120, null)], ["120.0?", "120.0", "120.0"]);
  assert.equal(tempoText({ current: { bpm: null }, tempo: null }), "–");
});

test("an edit follows its entries in a list that somebody else has changed", () => {
  const places = (keys) => [...keys].map((key) => ({ key, id: key })),
    move = { op: "move", from: 4, to: 2 }; // d behind a
  for (const [now, op, rebased] of [
    ["xabcd", { op: "remove", places: [2, 4] }, { op: "remove", places: [3, 5] }],
    ["xacd", { op: "remove", places: [2, 4] }, { op: "remove", places: [4] }],
    ["ac", { op: "remove", places: [2, 4] }, "done"],
    ["xabcd", { op: "lock", places: [1], locked: true }, { op: "lock", places: [2], locked: true }],
    ["bcd", { op: "lock", places: [1], locked: true }, null],
    ["bxcad", move, { op: "move", from: 5, to: 5 }],
    ["xbdc", move, null], // a is gone
    ["abc", move, null],
    ["cabd", { op: "move", from: 1, to: 3, count: 2 }, { op: "move", from: 2, to: 3, count: 2 }],
    ["axbcd", { op: "move", from: 1, to: 3, count: 2 }, null],
    ["abxcd", { op: "insert", tracks: ["y"], at: 3 }, { op: "insert", tracks: ["y"], at: 3 }],
    ["axcd", { op: "insert", tracks: ["y"], at: 3 }, null],
    ["ad", { op: "insert", tracks: ["y"], at: 3 }, null],
    ["abycd", { op: "insert", tracks: ["y"], at: 3 }, "done"],
    ["abxcd", { op: "insert", tracks: ["y"] }, { op: "insert", tracks: ["y"], at: undefined }],
    ["abcdy", { op: "insert", tracks: ["y"] }, "done"],
    ["xabcd", { op: "replace", at: 2, track: "y" }, { op: "replace", at: 3, track: "y" }],
    ["aycd", { op: "replace", at: 2, track: "y" }, null],
    ["xabcd", { op: "joint", at: 2 }, { op: "joint", at: 3 }],
    ["axbcd", { op: "joint", at: 2 }, null],
    ["abcd", { op: "make" }, { op: "make" }],
    ["abdc", { op: "make" }, null],
  ])
    assert.deepEqual(rebasedOn(places(now), op, places("abcd"), true), rebased, now + op.op);
});
