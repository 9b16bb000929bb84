// Heat map of keys by tempo, to show thin parts of a library. Clicking a cell filters.
import { html, signal } from "../parts/html.js";
import { counted, tracksOf } from "../parts/wording.js";

/**
 * @param {Page.AboutLibrary} about
 * @param {ArrayLike<Page.Value>} tempi  of all tracks; null and NaN are unknown
 * @param {(query: string) => void} filter
 */
export function heatMap({ keys, keyNames }, tempi, filter) {
  const known = Array.from(tempi, (bpm) => Number(bpm ?? NaN))
      .filter((bpm) => bpm === bpm)
      .sort((a, b) => a - b),
    [least = 0, most = 0] = [0.02, 0.98].map((share) => known[Math.floor(share * known.length)]),
    step = [2, 4, 5, 10, 20].find((one) => (most - least) / one <= 14) ?? 20,
    low = Math.floor(least / step) * step,
    bins = Math.max(1, Math.ceil((most - low + 0.01) / step)),
    columns = Array.from({ length: bins }, (_, bin) => low + bin * step),
    counts = signal(keys.map(() => columns.map(() => 0)));

  /** @param {{ row: number, bin: number }} about */
  function Cell({ row, bin }) {
    const count = counts.value[row][bin],
      level = count && Math.ceil((5 * count) / Math.max(...counts.value.flat())),
      from = columns[bin];
    return html`<button
      tabindex=${row || bin ? "-1" : "0"}
      class=${`level${level}`}
      aria-label=${`${keyNames[row]}, ${from} BPM: ${tracksOf(count)}`}
      onclick=${() => filter(`key:${keys[row]} bpm:${from}..${(from + step - 0.1).toFixed(1)}`)}
    >
      ${count > 0 && counted(count)}
    </button>`;
  }
  /** @param {KeyboardEvent & { currentTarget: HTMLElement }} event */
  function key(event) {
    const cells = [...event.currentTarget.querySelectorAll("button")],
      at = cells.findIndex((cell) => cell === event.target),
      steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: bins, ArrowUp: -bins },
      to = cells[at + (steps[/** @type {keyof typeof steps} */ (event.key)] ?? NaN)];
    if (at < 0 || !to) return;
    cells[at].setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
    event.preventDefault();
  }
  const View = () => html`<figure class="wide">
    <div class="scroll">
      <table class="heat" onkeydown=${key}>
        <thead>
          <tr>
            <th scope="col">BPM</th>
            ${columns.map((from) => html`<th key=${from} scope="col">${from}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${keys.map(
            (own, row) => html`<tr key=${own}>
              <th scope="row">
                <span class="chip" style=${`background:var(--key-${own})`}>${keyNames[row]}</span>
              </th>
              ${columns.map(
                (_, bin) => html`<td key=${bin}><${Cell} row=${row} bin=${bin} /></td>`,
              )}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="small">Number of tracks; click to show them.</p>
  </figure>`;
  return {
    ...{ Cell, View },
    // Counts tracks by the tempo as shown, with one decimal.
    /** @param {Record<string, Page.Value[]>} values  their `key` and `bpm` */
    show(values) {
      const now = keys.map(() => columns.map(() => 0));
      values.key.forEach((row, i) => {
        const bin = Math.floor((Number(values.bpm[i] ?? NaN) - low + 0.05) / step);
        if (row !== null && now[Number(row)]?.[bin] !== undefined) now[Number(row)][bin]++;
      });
      counts.value = now;
    },
  };
}
