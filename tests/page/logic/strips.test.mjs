import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { html, printable } from "../../../map4/page/parts/html.js";
import { fitted, phrasesOf } from "../../../map4/page/parts/strips.js";

test("phrases follow each other to the end", () => {
  assert.deepEqual(phrasesOf("i80d500-1000"), [
    { role: "i", from: 0, to: 0.08 },
    { role: "d", from: 0.08, to: 0.5 },
    { role: "-", from: 0.5, to: 1 },
  ]);
});

test("characters that reorder or hide text are shown, as in a terminal", () => {
  const pen = { measureText: ({ length }) => ({ width: 10 * length }) };
  assert.equal(fitted(pen, "a\u202egpj.exe", 60), "a�gpj…");
  assert.equal(printable("a\u200b\u200b\x1bb\tc\u2028d 👩‍🎤️"), "a��b\tc�d 👩‍🎤️");
  assert.equal(html`<b title="x\u202e" />`.props.title, "x�");
});
