// The whole library as one file: fetched, and put in place.
import { element } from "../../page/parts/element.js";
import { planned } from "../../page/parts/plan.js";
import { address } from "../../page/source/server.js";
/** @import { App } from "../../page/app.js" */
/** @import { ExchangeRow } from "../../page/places.js" */

/** @param {App} app @returns {ExchangeRow} */
export const exchange = (app) => ({
  title: "Back-up", text: "The whole library in one file, without the music.",
  act: element("span", { class: "acts" }, element("a", { class: "button", href: address("backup"), download: "" }, "Download"), " ",
    element("button", { type: "button", onclick: () => putBack(app).catch((error) => app.say(error.message)) }, "Put back…")),
});

/** @param {App} app */
async function putBack(app) {
  await planned(app, {
    title: "Put a back-up in place", kind: "restore", submit: () => "Put it in place", said: () => "The back-up is in place",
    options: [{ name: "file", label: "Back-up", type: "file", hint: "map4-2026-11-23.map4, as Download gave it" }],
    bodyOf: ({ file }) => { const form = new FormData(); form.append("file", file); return form; },
  });
}
