import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn, holds, html, signal } from "../../../map4/page/parts/html.js";
import { openDialog } from "../../../map4/page/parts/pop.js";

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

test("an element made elsewhere stays in place when its host is drawn again", async () => {
  const count = signal(0),
    wave = document.createElement("canvas"),
    View = () => html`<div title=${count.value} ref=${holds(wave)} />`,
    host = drawn("p", {}, View).querySelector("div"),
    put = [];
  host.replaceChildren = (...nodes) => put.push(...nodes);
  count.value++;
  await new Promise((done) => setTimeout(done));
  assert.deepEqual([host.title ?? host.attributes.title, host.children, put], [1, [wave], []]);
});

test("a dialog opened from a menu returns the focus to the button of the menu", () => {
  const opener = document.createElement("button"),
    focused = [];
  document.body = document.createElement("body");
  document.querySelector = (selector) =>
    selector === ".pop:popover-open" && { hidePopover: () => opener.focus() };
  document.body.constructor.prototype.showModal = () => focused.push(document.activeElement);
  document.createElement("button").focus(); // of the menu
  openDialog("Share", {}, () => null);
  assert.deepEqual(focused, [opener]);
});
