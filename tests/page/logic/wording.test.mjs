import "./in_node.mjs";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { commandOf, queryOf } from "../../../map4/page/parts/copy.js";
import { secondsOf } from "../../../map4/search/page/cues.js";
import {
  ago,
  clock,
  fileOf,
  folderOf,
  quoted,
  tracksOf,
} from "../../../map4/page/parts/wording.js";

test("times as a clock shows them", () => {
  assert.deepEqual(
    [0, 59.6, 61, 3599, 3600, 36061].map((s) => clock(s)),
    ["0:00", "1:00", "1:01", "59:59", "1:00:00", "10:01:01"],
  );
  const before = [-0.4, -62, -3725].map((s) => clock(s));
  assert.deepEqual(before, ["0:00", "−1:02", "−1:02:05"]);
  const finely = [-0.0004, -2.5, 119.9996, 5.25, 4000].map((s) => clock(s, 3));
  assert.deepEqual(finely, ["0:00.000", "−0:02.500", "2:00.000", "0:05.250", "1:06:40.000"]);
  const seconds = [0, -62, -3725, 0, -2.5, 120, 5.25, 4000];
  assert.deepEqual([...before, ...finely].map(secondsOf), seconds);
  for (const text of ["1:2:3:4", "1:75", "1:-5", "1:60:00"]) assert.equal(secondsOf(text), null);
});
test("names of files and folders, on any system", () => {
  const names = ["/m/a/b.mp3", "C:\\m\\b.mp3", "b.mp3"].map(fileOf);
  assert.deepEqual(new Set(names), new Set(["b.mp3"]));
  assert.deepEqual(["/m/a/b.mp3", "/b.mp3"].map(folderOf), ["/m/a", "/"]);
});
test("a query for tracks quotes what queries would read", async () => {
  assert.equal(quoted('say "no" \\'), '"say \\"no\\" \\\\"');
  const values = {
      artist: ["Ann", null, "Ann", "Ann"],
      title: ["A or B", "C", "f6.mp3", "a b"],
      path: ["/m/1.mp3", "/m/2.mp3", "/m/f6.mp3", "/m/4.mp3"],
    },
    posted = [],
    source = {
      find: async (query, _order, rows) => {
        posted.push(rows.length);
        const ids = query ? rows.filter((row) => row < 3) : rows; // the others have no such tags
        return { count: ids.length, ids };
      },
      columns: async ({ ids }) => ({ ids, values }),
    };
  assert.equal(
    await queryOf(source, new Set([1, 2, 3, 4])),
    'artist:="Ann" title:="A or B" or title:="C" or path:"/m/f6.mp3" or path:"/m/4.mp3"',
  );
  await assert.rejects(queryOf(source, []), /No track is selected/);
  posted.length = 0;
  await assert.rejects(queryOf(source, new Array(61)), /60 tracks. Select fewer, or copy a list/);
  assert.deepEqual(posted, []);
});
test("a shell passes a copied command on as it was", () => {
  assert.equal(commandOf("genre:house"), "map4 search genre:house");
  for (const query of ["-blues", "it's -1 \\ $HOME `x` !", 'artist:="the the" or ^key:~8A', ""]) {
    const script = `set -- ${commandOf(query)}; printf '%s\\n' "$@"`,
      words = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\n");
    const ends = query.startsWith("-") ? ["--"] : []; // the end of options
    assert.deepEqual(words, ["map4", "search", ...ends, query, ""]);
  }
  const odd = 'title:="it\'s \u0007\u200b\\ é"',
    command = commandOf(odd);
  assert.match(command, /^[ -~]*$/);
  const words = execFileSync("bash", ["-c", `printf '%s\n' ${command}`], { encoding: "utf8" });
  assert.equal(words, `map4\nsearch\n${odd}\n`);
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
