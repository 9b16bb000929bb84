import "./in_node.mjs";
import "./fake_dom.mjs";
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
    return [dialog.attributes["aria-label"], head, text.children[0]].map(
      (one) => one.children?.join("") ?? one,
    );
  };
  assert.deepEqual(shown({ id: 1, name: "ann" }), [
    ...["Log in again", "Log in again", "Your session has ended. Your input is kept."],
  ]);
  assert.deepEqual(shown(null), ["Log in", "Log in", "This server has accounts now."]);
});
