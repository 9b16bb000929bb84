// Links to un-mixing from other views, and the names of its jobs.
import { dom } from "../../../page/parts/element.js";
import { html } from "../../../page/parts/html.js";
import { place } from "../../../page/source/server.js";
import { playedIn } from "./set_timeline.js";

export const lists = () => dom`<a class="button" href=${place("unmix")}>Un-mix a recording…</a>`;

/** @returns {Page.ExchangeRow} */
export const exchange = () => ({
  title: "Un-mix a recording",
  text: "Detect which of your tracks a recorded set contains, when, and how they were mixed.",
  act: dom`<a class="button" href=${place("unmix")}>Un-mix…</a>`,
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
