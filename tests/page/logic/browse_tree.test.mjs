import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { branchesOf, countsOf, narrowed, wordsOf } from "../../../map4/search/page/browse_tree.js";

test("a branch adds its term, replaces another of its field, and goes with a second click", () => {
  const steps = [
    'genre:="Deep House"',
    'artist:="Artist 2"',
    'genre:="House"',
    'artist:="Artist 2"',
  ];
  let query = "fast";
  const after = steps.map((term) => (query = narrowed(query, term)));
  assert.deepEqual(after, [
    'fast genre:="Deep House"',
    'fast genre:="Deep House" artist:="Artist 2"',
    'fast artist:="Artist 2" genre:="House"',
    'fast genre:="House"',
  ]);
  assert.equal(narrowed("is:doubtful", "is:copy"), "is:doubtful is:copy");
  assert.deepEqual(wordsOf(' a  b:"c d" e'), ["a", 'b:"c d"', "e"]);
});
test("values are counted within the rest of the query, and live lists once in sight", async () => {
  const queries = [],
    watched = [];
  globalThis.IntersectionObserver = class {
    observe(element) {
      watched.push(element);
    }
  };
  const facet = { value: "Deep House", query: 'genre:="Deep House"', count: 30 },
    source = {
      about: { count: 90, has: ["genre", "artist"] },
      judge: async (query) => {
        if (query === "is:doubtful") throw new Error("no answer");
        return { count: 5 };
      },
      facets: async (query, [field], how) => {
        queries.push([query, field, how.limit]);
        return { [field]: field === "artist" ? Array(200).fill(facet) : [facet] };
      },
    },
    lists = [
      { id: "l-1", name: "Friday", tracks: 3, marks: ["club"] },
      { id: "l-2", name: "Fast", live: { query: "bpm:140.." }, counted: false, marks: [] },
    ],
    server = {
      may: () => false,
      get: async (path) => {
        queries.push(path);
        return { lists };
      },
    },
    opened = [],
    calls = { query: () => "genre:=techno fast", ask: (query) => opened.push(query) },
    counts = await countsOf({ source }),
    branches = branchesOf({ source, server }, calls, counts),
    open = (title) => branches.find((one) => one.title === title).children();
  assert.deepEqual(
    branches.slice(0, 3).map(({ title, count }) => `${title} ${count}`),
    ["All 90", "New 5", "Uncertain null"],
  );
  const kinds = (counts) => branchesOf({ source, server }, calls, counts).map(({ title }) => title);
  assert.deepEqual(kinds([90, 0]), ["All", "Folders", "Genres", "Artists", "Lists"]);
  const [genre] = await open("Genres");
  assert.deepEqual([genre.title, genre.count], ["Deep House", 30]);
  genre.take();
  branches[0].take();
  (await open("Artists")).at(-1).take();
  assert.deepEqual(opened, ['fast genre:="Deep House"', "", "genre:=techno fast artist:"]);
  const [friday, fast] = await open("Lists");
  assert.deepEqual([friday.title, friday.count, friday.hint], ["Friday", 3, "Friday · club"]);
  assert.deepEqual([fast.title, fast.count, fast.hint], ["↻ Fast", null, "Live: bpm:140.."]);
  const element = {};
  fast.later(element, () => {});
  assert.deepEqual([friday.later, watched], [undefined, [element]]);
  assert.deepEqual(queries, [
    ["fast", "genre", 200],
    ["genre:=techno fast", "artist", 200],
    "lists?history=false&counted=false",
  ]);
});
