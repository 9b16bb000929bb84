import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { keyName, nameKeys, named } from "../../../map4/page/parts/key_names.js";

test("keys have names in three notations, and those of the library without a choice", () => {
  const cases = [
    ["8A", "1m", "Am"],
    ["8B", "1d", "C"],
    ["1A", "6m", "A♭m"],
    ["12B", "5d", "E"],
    ["4A", "9m", "Fm"],
  ];
  for (const [camelot, openkey, musical] of cases)
    assert.deepEqual(
      ["camelot", "openkey", "musical", null].map((notation) => named(camelot, notation)),
      [camelot, openkey, musical, null],
    );
  assert.equal(keyName("8A"), "8A");
  nameKeys({ keys: ["8A", "8B"], keyNames: ["Am", "C"] });
  assert.deepEqual([keyName("8A"), keyName("9A")], ["Am", "9A"]);
});
