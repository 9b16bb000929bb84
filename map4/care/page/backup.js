// Downloads and restores a back-up of the whole library.
import { element } from "../../page/parts/element.js";
import { planned } from "../../page/parts/plan.js";
import { address } from "../../page/source/server.js";
/** @import { App } from "../../page/app.js" */
/** @import { ExchangeRow } from "../../page/places.js" */

/** @param {App} app @returns {ExchangeRow} */
export const exchange = (app) => ({
  title: "Back-up",
  text: "The whole library in one file, without the audio files.",
  act: element(
    "span",
    { class: "acts" },
    element("a", { class: "button", href: address("backup"), download: "" }, "Download"),
    " ",
    element(
      "button",
      { type: "button", onclick: () => putBack(app).catch((error) => app.say(error.message)) },
      "Restore…",
    ),
  ),
});

/** @param {App} app */
async function putBack(app) {
  await planned(app, {
    title: "Restore a back-up",
    kind: "restore",
    submit: () => "Restore",
    said: () => "Back-up restored",
    options: [
      {
        name: "file",
        label: "Back-up",
        type: "file",
        hint: "A file from Download, such as map4-2026-11-23.map4",
      },
    ],
    bodyOf: ({ file }) => {
      const form = new FormData();
      form.append("file", file);
      return form;
    },
  });
}
