import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, changeWords, scopesOf } from "../../../map4/page/parts/tempo_ranges.js";

test("a range is for all tracks, the view's query, a folder or a typed query", () => {
  assert.deepEqual(
    scopesOf(null, null).map(([, label]) => label),
    ["all tracks", "a genre or another query"],
  );
  const scopes = scopesOf("genre:dnb", '/music/a "b"');
  assert.deepEqual(scopes.slice(0, 3), [
    ["", "all tracks"],
    ["genre:dnb", "genre:dnb"],
    ['path:"/music/a \\"b\\""', '/music/a "b"'],
  ]);
  const [other] = scopes[3],
    values = { range: " 80..159 ", query: " genre:house " };
  assert.deepEqual(bodyOf({ ...values, scope: other }), { range: "80..159", query: "genre:house" });
  assert.deepEqual(bodyOf({ ...values, scope: "" }), { range: "80..159", query: "" });
  assert.equal(bodyOf({ ...values, scope: "genre:dnb" }).query, "genre:dnb");
});
test("the message of a change counts changed tracks, and those without a tempo inside", () => {
  const change = { query: "", range: "80..159", changed: 1, outside: 2 };
  assert.equal(
    changeWords(change),
    "all tracks: 80..159 BPM; 1 track changed, 2 tracks without a tempo inside",
  );
  assert.equal(
    changeWords({ ...change, query: "genre:dnb", range: null, outside: 0 }),
    "genre:dnb: no tempo range; 1 track changed",
  );
});
