import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ago,
  clock,
  fileOf,
  folderOf,
  queryOf,
  quoted,
  tracksOf,
} from "../../../map4/page/parts/wording.js";

test("times as a clock shows them", () => {
  assert.deepEqual([0, 59.6, 61, 3599, 3600, 36061].map(clock), [
    "0:00",
    "1:00",
    "1:01",
    "59:59",
    "1:00:00",
    "10:01:01",
  ]);
});
test("names of files and folders, on any system", () => {
  assert.deepEqual(["/m/a/b.mp3", "C:\\m\\b.mp3", "b.mp3"].map(fileOf), [
    "b.mp3",
    "b.mp3",
    "b.mp3",
  ]);
  assert.deepEqual(["/m/a/b.mp3", "/b.mp3"].map(folderOf), ["/m/a", "/"]);
});
test("a query for tracks quotes what queries would read", () => {
  assert.equal(quoted('say "no" \\'), '"say \\"no\\" \\\\"');
  assert.equal(
    queryOf([
      { artist: "Ann", title: "A or B" },
      { artist: null, title: "C" },
    ]),
    'artist:="Ann" title:="A or B" or "C"',
  );
});
test("counts and moments in words", () => {
  assert.deepEqual([1, 2, 12_345].map(tracksOf), ["1 track", "2 tracks", "12,345 tracks"]);
  const before = (minutes) => ago(new Date(Date.now() - 60_000 * minutes).toISOString());
  assert.deepEqual([0, 5, 120, 2 * 24 * 60].map(before), [
    "just now",
    "5 minutes ago",
    "2 hours ago",
    "2 days ago",
  ]);
});
