// Imports and exports as cards, and tools below them: one for each feature that adds one.
import { html } from "../../page/parts/html.js";

/** @param {Page.App} app @returns {Page.Section} */
export function work(app) {
  const cards = app.added("exchange").map((part) => part(app)),
    tools = app.added("tools").map((part) => part(app));
  const Row = (
    /** @type {Page.ExchangeRow} */ { title, text, note, acts },
  ) => html`<li key=${title}>
    <div><b>${title}</b><small>${text}</small><small>${note?.value}</small></div>
    ${acts.map(([name, run]) => html`<button onclick=${() => app.tried(run)}>${name}</button>`)}
  </li>`;
  const View = () => html`<section aria-label="Import and export">
    <div class="heads"><h2>Import and export</h2></div>
    <ul class="cards">${cards.map(Row)}</ul>
    <details class="tools-of-all" hidden=${!tools.length}>
      <summary>Tools</summary>
      <ul class="rows">${tools.map(Row)}</ul>
    </details>
  </section>`;
  return {
    View,
    load: async () => void (await Promise.all(cards.map((row) => row.load?.()))),
  };
}
