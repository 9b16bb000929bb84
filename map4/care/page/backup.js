// Downloads and restores a backup of the whole library.
import { planned } from "../../page/parts/plan.js";
import { address } from "../../page/source/server.js";

/** @param {Page.App} app @returns {Page.ExchangeRow} */
export const tools = (app) => ({
  title: "Backup",
  text: "The whole library in one file, without the audio files.",
  acts: [
    ["Download", () => location.assign(address("backup"))],
    ["Restore…", () => restore(app)],
  ],
});

/** @param {Page.App} app */
async function restore(app) {
  await planned(app, {
    title: "Restore a backup",
    kind: "restore",
    submit: () => "Restore",
    message: () => "Backup restored",
    options: [
      {
        name: "file",
        label: "Backup",
        type: "file",
        hint: "A file from Download, such as map4-2026-11-23.map4",
      },
    ],
  });
}
