import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf } from "./fake_dom.mjs";
import { Form } from "../../../map4/page/parts/form.js";
import { drawn, html } from "../../../map4/page/parts/html.js";
import { jobs } from "../../../map4/extras/stick/page/write_to_stick.js";

test("a write to a stick names what it copies, what is there, and what is left out", () => {
  const result = { stick: "/USB", same: 0, left_out: [], size_bytes: 2e6 };
  for (const [more, words] of [
    [{ copied: 4, dry_run: true }, "4 tracks to copy, 2 MB"],
    [{ copied: 4 }, "4 tracks copied to /USB, and read back · it can be pulled"],
    [
      { copied: 0, same: 3, left_out: ["a: b"] },
      "3 tracks already on /USB · 1 track left out: a: b · it can be pulled",
    ],
  ])
    assert.equal(jobs.stick.summary({ ...result, ...more }), words);
});

test("a preview that is late is drawn as late", async () => {
  globalThis.FormData = class {};
  let answer;
  const preview = () => new Promise((done) => (answer = done)),
    host = drawn("div", {}, () => html`<${Form} submit="Go" preview=${preview} />`);
  for (const words of ["…", "4 tracks"]) {
    await new Promise((done) => setTimeout(done));
    assert.equal(textOf(host.querySelector("output")).trim(), words);
    answer("4 tracks");
  }
});
