// Tracks similar to a track, and tracks that mix with it.
import { colourOf, dom } from "../../page/parts/element.js";

import { place } from "../../page/source/server.js";
/** @import { App } from "../../page/app.js" */
/** @import { Current } from "../../page/source/source.js" */

/**
 * @typedef {{ tempo: { bpm: number } | null, key: { camelot: string } | null,
 *   current: Current }} Near
 * @typedef {{ ids: string[], similar: { similarity: number, track: Near }[] }} Answer
 */

const COUNT = 8,
  WAYS = /** @type {const} */ ([
    ["sound", "Similar sound"],
    ["mix", "Mixes well"],
  ]);

export class Nearby {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.turn = 0;
    this.lists = WAYS.map(([by, title]) => ({
      by,
      body: dom`<ol class="near" aria-label=${title} />`,
      title,
    }));
    this.element = dom`<section class="nearby">
      ${this.lists.map(({ title, body }) => dom`<div><h2>${title}</h2>${body}</div>`)}
    </section>`;
  }
  /** @param {string} id */
  async show(id) {
    const mine = ++this.turn,
      { server } = this.app;
    await Promise.all(
      this.lists.map(async ({ by, body }) => {
        body.replaceChildren(dom`<li class="small">…</li>`);
        try {
          const { ids, similar } = /** @type {Answer} */ (
            await server.ask("POST", "audio/find-similar", { files: [id], n: COUNT, by })
          );
          if (mine === this.turn)
            body.replaceChildren(
              ...(similar.length
                ? similar.map((one, at) => this.row(ids[at], one.track, one.similarity))
                : [dom`<li class="small">No similar tracks.</li>`]),
            );
        } catch (error) {
          const { message, status } = /** @type {import("../../page/source/server.js").Problem} */ (
            error
          );
          if (mine === this.turn)
            body.replaceChildren(
              dom`<li class="small">
                ${status === 404 ? "There are no other tracks to compare." : message}
              </li>`,
            );
        }
      }),
    );
  }
  /** @param {string} id @param {Near} track @param {number} similarity */
  row(id, track, similarity) {
    const { tempo, key } = track,
      { name: title, artist } = track.current;
    const chip = key ? dom`<span class="chip">${key.camelot}</span>` : dom`<span />`;
    if (key) chip.style.background = colourOf(`key-${key.camelot}`);
    return dom`<li>
      <button
        class="play"
        aria-label=${`Play ${title}`}
        title="Play"
        onclick=${() => this.app.player.begin([{ row: null, id, title, artist }], 0)}
      >
        ▶
      </button>
      <a href=${place(`tracks/${id}`)} dir="auto">
        ${title}
        ${artist ? dom`<small dir="auto">${artist}</small>` : null}
      </a>
      <span class="n">${tempo ? tempo.bpm.toFixed(1) : ""}</span>
      ${chip}
      <span class="n small" title="Similarity">${Math.round(100 * similarity)} %</span>
    </li>`;
  }
}
