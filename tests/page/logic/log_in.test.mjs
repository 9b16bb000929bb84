import "./in_node.mjs";
import { textOf } from "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { logInAgain } from "../../../map4/page/parts/log_in.js";

globalThis.FormData = class extends Map {
  constructor() {
    super();
  }
};
Object.getPrototypeOf(document.createElement("dialog")).showModal = () => {};
document.querySelector = () => null;

test("only a user who was logged in is told that the session has ended", () => {
  const shown = (account) => {
    document.body = document.createElement("body");
    logInAgain({ me: { account } });
    const [dialog] = document.body.children,
      [head, text] = dialog.children;
    return [dialog.attributes["aria-label"], textOf(head), textOf(text)];
  };
  assert.deepEqual(shown({ id: 1, name: "ann" }), [
    ...["Log in again", "Log in again", "Your session has ended. Your input is kept."],
  ]);
  assert.deepEqual(shown(null), ["Log in", "Log in", "This server has accounts now."]);
});

test("keys act in the view until none comes for a while, then go to the password", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const pressed = [],
    { addEventListener: before } = globalThis;
  globalThis.addEventListener = (name, call) => name === "keydown" && pressed.push(call);
  document.body = document.createElement("body");
  const elements = Object.getPrototypeOf(document.body),
    { matches } = elements;
  elements.matches = function fits(selector) {
    const isField = selector.endsWith("> :is(input, select)");
    return isField ? this.localName === "input" : matches.call(this, selector);
  };
  logInAgain({ me: { account: { id: 1, name: "ann" } } });
  Object.assign(elements, { matches });
  globalThis.addEventListener = before;
  for (const [wait_ms, focused] of [
    [700, "h2"],
    [700, "h2"],
    [800, "input"],
  ]) {
    pressed[0]();
    mock.timers.tick(wait_ms);
    assert.equal(document.activeElement.localName, focused);
  }
});
