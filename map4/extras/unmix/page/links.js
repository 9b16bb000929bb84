// Links to un-mixing from other views, and the names of its jobs.
import { html } from "../../../page/parts/html.js";
import { place } from "../../../page/source/server.js";
import { playedIn } from "./set_timeline.js";

/** @param {Page.App} app @returns {Page.ExchangeRow} */
export const exchange = ({ go }) => ({
  title: "Un-mix a recording",
  text: "Detect which of your tracks a recorded set contains, when, and how they were mixed.",
  acts: [["Un-mix…", () => go("unmix")]],
});

/** @type {Record<string, Page.JobWords>} */
export const jobs = {
  unmix: {
    title: "Un-mixing",
    about: ({ options }) => String(options.name ?? ""),
    summary: (result) => playedIn(/** @type {Served.Unmix} */ (result)),
    act: ({ id }, about) =>
      html`<a class="button" href=${place(`unmix/${id}`)} aria-label=${`Track list: ${about}`}>
        Track list
      </a>`,
  },
};
