import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn, html, signal } from "../../../map4/page/parts/html.js";

test("a button that can't be pressed now can keep the focus, and does nothing", async () => {
  const pressed = [],
    isOff = signal(false),
    press = () => {
      pressed.push(isOff.value);
      isOff.value = true;
    },
    element = drawn("p", {}, () => html`<button disabled=${isOff.value} onclick=${press} />`),
    button = element.querySelector("button");
  for (let n = 0; n < 2; n++) {
    button.dispatchEvent(new Event("click"));
    await new Promise((done) => setTimeout(done));
  }
  assert.deepEqual(pressed, [false]);
  assert.deepEqual([button.disabled, button.getAttribute("aria-disabled")], [undefined, "true"]);
});
