// Tracks similar to a track, and tracks that mix with it.
import { KeyChip, SignButton } from "../../page/parts/components.js";
import { html, resource } from "../../page/parts/html.js";
import { place } from "../../page/source/server.js";

/** @typedef {Served.With<Served.SimilarList, "ids">} Answer */

const COUNT = 8,
  KINDS = /** @type {const} */ ([
    ["sound", "Similar sound"],
    ["mix", "Mixes well"],
  ]);

/** @param {Page.App} app */
export function nearby({ server, player }) {
  const lists = KINDS.map(([by, title]) => ({
    by,
    title,
    found: /** @type {Page.Resource<Answer>} */ (resource()),
  }));
  /** @param {Page.Resource<Answer>} found */
  function rows({ value, error }) {
    const { meaning, message } = /** @type {Partial<Page.Problem>} */ (error ?? {}),
      text = meaning === "gone" ? "There are no other tracks to compare." : message;
    if (error || !value?.similar.length)
      return html`<li class="small">${text ?? (value ? "No similar tracks." : "…")}</li>`;
    return value.similar.map(({ track, similarity }, at) => row(value.ids[at], track, similarity));
  }
  /** @param {string} id @param {Served.Track} track @param {number} similarity */
  const row = (id, { tempo, key, current: { name: title, artist } }, similarity) => html`<li
    key=${id}
  >
    <${SignButton}
      sign="play"
      label=${`Play ${title}`}
      class="play"
      title="Play"
      run=${() => player.begin([{ row: null, id, title, artist }], 0)}
    />
    <a href=${place(`tracks/${id}`)} dir="auto">
      ${title}${artist && html`<small dir="auto">${artist}</small>`}
    </a>
    <span class="n">${tempo?.bpm.toFixed(1)}</span>
    <span><${KeyChip} camelot=${key?.camelot ?? null} /></span>
    <span class="n small" title="Similarity">${Math.round(100 * similarity)} %</span>
  </li>`;
  return {
    View: () => html`<section class="nearby">
      ${lists.map(
        ({ title, found }) => html`<div key=${title}>
          <h2>${title}</h2>
          <ol class="near" aria-label=${title}>${rows(found)}</ol>
        </div>`,
      )}
    </section>`,
    /** @param {string} id */
    show: (id) =>
      Promise.all(
        lists.map(({ by, found }) => {
          found.set(null);
          return found.ask(server.query("audio/find-similar", { files: [id], n: COUNT, by }));
        }),
      ),
  };
}
