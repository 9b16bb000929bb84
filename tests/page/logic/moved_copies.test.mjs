import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { copies } from "../../../map4/extras/quarantine/page/move.js";

test("the lead names the size of the copies that can move", () => {
  const { lead } = copies({}, () => {});
  assert.match(lead("12 MB"), /^; moving them away frees 12 MB\. Nothing is deleted:/);
});
