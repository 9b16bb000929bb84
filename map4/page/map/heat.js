// Heat map of keys by tempo, to show thin parts of a library. Clicking a cell filters.
import { dom } from "../parts/element.js";
import { moveFocus } from "../parts/figures.js";
import { counted, tracksOf } from "../parts/wording.js";

export class HeatMap {
  /**
   * @param {Page.AboutLibrary} about
   * @param {ArrayLike<Page.Value>} tempi  of all tracks; null and NaN are unknown
   * @param {(query: string) => void} filter
   */
  constructor({ keys, keyNames }, tempi, filter) {
    this.keyNames = keyNames;
    this.filter = filter;
    const known = Array.from(tempi, (bpm) => Number(bpm ?? NaN))
      .filter((bpm) => bpm === bpm)
      .sort((a, b) => a - b);
    const [least = 0, most = 0] = [0.02, 0.98].map(
      (share) => known[Math.floor(share * known.length)],
    );
    this.step = [2, 4, 5, 10, 20].find((step) => (most - least) / step <= 14) ?? 20;
    this.low = Math.floor(least / this.step) * this.step;
    this.bins = Math.max(1, Math.ceil((most - this.low + 0.01) / this.step));
    const { low, step } = this,
      columns = Array.from({ length: this.bins }, (_, bin) => low + bin * step);
    const heads = keys.map((key, i) => {
      const name = dom`<span class="chip">${keyNames[i]}</span>`;
      name.style.background = `var(--key-${key})`;
      return dom`<th scope="row">${name}</th>`;
    });
    this.rows = keys.map((key, i) =>
      columns.map(
        (from, bin) =>
          dom`<button
          tabindex=${i || bin ? "-1" : "0"}
          onclick=${() => this.filter(`key:${key} bpm:${from}..${(from + step - 0.1).toFixed(1)}`)}
        />`,
      ),
    );
    const table = dom`<table class="heat" onkeydown=${(event) => this.key(event)}>
      <thead>
        <tr>
          <th scope="col">BPM</th>
          ${columns.map((from) => dom`<th scope="col">${String(from)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${this.rows.map(
          (cells, i) => dom`<tr>${heads[i]}${cells.map((cell) => dom`<td>${cell}</td>`)}</tr>`,
        )}
      </tbody>
    </table>`;
    this.element = dom`<figure class="wide">
      <figcaption>Tracks by key and tempo</figcaption>
      <div class="scroll">${table}</div>
      <p class="small">Number of tracks; click to show them.</p>
    </figure>`;
  }
  // Counts tracks by the tempo as shown, with one decimal.
  /** @param {Record<string, Page.Value[]>} values  their `key` and `bpm` */
  show({ key, bpm }) {
    const counts = this.rows.map((cells) => cells.map(() => 0));
    key.forEach((row, i) => {
      const bin = Math.floor((Number(bpm[i] ?? NaN) - this.low + 0.05) / this.step);
      if (row !== null && counts[Number(row)]?.[bin] !== undefined) counts[Number(row)][bin]++;
    });
    const most = Math.max(1, ...counts.flat());
    this.rows.forEach((cells, row) =>
      cells.forEach((cell, bin) => {
        const count = counts[row][bin],
          level = count ? Math.min(5, Math.ceil((5 * count) / most)) : 0,
          text = count ? counted(count) : "";
        if (cell.textContent === text && cell.className === `level${level}`) return;
        cell.textContent = text;
        cell.className = `level${level}`;
        cell.setAttribute(
          "aria-label",
          `${this.keyNames[row]}, ${this.low + bin * this.step} BPM: ${tracksOf(count)}`,
        );
      }),
    );
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    const flat = this.rows.flat(),
      at = flat.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const to =
      { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + this.bins, ArrowUp: at - this.bins }[
        event.key
      ] ?? -1;
    if (at < 0 || !flat[to]) return;
    moveFocus(flat[at], flat[to]);
    event.preventDefault();
  }
}
