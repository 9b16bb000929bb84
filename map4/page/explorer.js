// Filter, map, table and heat map of the same tracks, linked: a filter or selection applies to all.
import { QueryError } from "./source/source.js";
import { copied } from "./parts/copy.js";
import { targetOf } from "./parts/element.js";
import { columnMenu } from "./parts/column_menu.js";
import { Held, drawn, html, resource, signal } from "./parts/html.js";
import { trackTable } from "./parts/table.js";
import { counted } from "./parts/wording.js";
import { SoundMap } from "./map/map.js";
import { heatMap } from "./map/heat.js";

const LEAST_FOR_HEAT = 40;

/**
 * @param {Page.LocalSource} source @param {Page.Tooltip} tooltip
 * @param {Page.FilePlayer | null} player  null if the source has no audio
 */
export function explorer(source, tooltip, player = null) {
  const { about } = source,
    plays = about.has.includes("play") ? player : null,
    query = signal(""),
    selected = signal(/** @type {Set<Page.Id>} */ (new Set())),
    only = signal(false), // shows the selection only
    found = /** @type {Page.Resource<Page.Found>} */ (resource());
  /** @type {Page.Order | null} */
  let order = null;

  const find = () =>
    only.peek() ? source.find("", order, selected.peek()) : source.find(query.peek().trim(), order);
  // Shows the tracks of the filter, or the selection.
  async function show() {
    if (!(await found.ask(find())) || !found.value) return;
    const shown = found.value,
      { ids, values } = await source.columns(shown, heat ? ["key", "bpm"] : []);
    if (shown !== found.value) return;
    map?.dim(query.peek().trim() && !only.peek() ? ids : null);
    table.show(shown);
    heat?.show(values);
  }
  // Applies a filter; applying the same filter again clears it.
  /** @param {string} text */
  function ask(text) {
    query.value = query.peek() === text ? "" : text;
    show();
    if (text) element.scrollIntoView({ block: "nearest" });
  }
  /** @param {Set<Page.Id>} ids */
  function select(ids, isOnly = only.peek() && ids.size > 0) {
    selected.value = ids;
    map?.select(ids);
    table.select(ids);
    if (only.peek() || isOnly) {
      only.value = isOnly;
      show();
    }
  }
  /** @param {Page.Id} id */
  function toggle(id) {
    const ids = new Set(selected.peek());
    if (!ids.delete(id)) ids.add(id);
    select(ids);
  }
  const table = trackTable(source, {
    point: (id) => map?.light(id),
    sort: (wanted) => {
      order = wanted;
      show();
    },
    pick: (id, how) => how === "toggle" && toggle(id),
    play:
      plays &&
      (async (id) => {
        const url = source.audio(id),
          { title, artist } = await source.record(id),
          name = [title ?? "–", artist].filter(Boolean).join(" – ");
        if (url !== null) plays.toggle(url, name);
      }),
    isPlaying: (id) => plays?.isPlaying(source.audio(id)) ?? false,
    changed: show,
  });
  if (plays) plays.changed = () => table.redraw();
  const map = source.hasMap
    ? new SoundMap(source, source, {
        point: (id, x = 0, y = 0) => map && tooltip.track(source, id, x, y, map.element),
        pick: (id) => table.goTo(id),
        toggle,
        select: (ids) => select(new Set(ids)),
        filter: (_, ids) => select(new Set(ids), true),
      })
    : null;
  map?.load();
  const isHot =
      about.count >= LEAST_FOR_HEAT && ["key", "bpm"].every((one) => about.has.includes(one)),
    heat = isHot ? heatMap(about, source.tracks.numbers("bpm"), ask) : null;

  function Filter() {
    const { value, error } = found,
      all = counted(about.count),
      isAll = value?.count === about.count;
    if (error && !(error instanceof QueryError)) throw error;
    return html`<div class="controls">
        <label>
          <span>Filter</span>
          <input
            type="search"
            autocomplete="off"
            spellcheck=${false}
            aria-keyshortcuts="/"
            aria-describedby="told"
            aria-invalid=${error ? "true" : undefined}
            placeholder="house bpm:120..126 key:~8A"
            value=${query.value}
            oninput=${({ currentTarget }) => {
              query.value = currentTarget.value;
              show();
            }}
            onkeydown=${({ key }) => key === "Escape" && ask("")}
          />
        </label>
        <output aria-live="polite">
          ${value && (isAll ? `${all} tracks` : `${counted(value.count)} of ${all} tracks`)}
        </output>
        <${CopyMenu} />
        <${Held} nodes=${[columns]} style="display:contents" />
      </div>
      <p id="told" class="told" role="status">
        ${error ? error.message : value?.count === 0 ? "No tracks match." : ""}
      </p>`;
  }
  const Chosen = () => html`<div class="chosen" hidden=${!selected.value.size}>
    <b>${counted(selected.value.size)} selected</b>
    <label>
      <input
        type="checkbox"
        checked=${only.value}
        onchange=${({ currentTarget }) => select(selected.value, currentTarget.checked)}
      />
      only these
    </label>
    <button onclick=${() => select(new Set(), false)}>Clear</button>
  </div>`;
  function CopyMenu() {
    const result = signal(""),
      text = signal(""); // to copy by hand
    const opened = () => {
      const { size } = selected.value,
        count = counted(size || (found.value?.count ?? 0));
      result.value = `${count} tracks: ${size ? "the selection" : "all shown"}`;
    };
    const copy = async (/** @type {boolean} */ isPaths) => {
      const rows = await toCopy(isPaths ? ["path"] : ["artist", "title"]);
      const isCopied = await copied(rows.join("\n"));
      text.value = isCopied ? "" : rows.join("\n");
      result.value = isCopied ? `${counted(rows.length)} lines copied.` : "Copy this text:";
    };
    const Result = () => html`<p role="status">
      ${result.value}
      ${
        text.value &&
        html`<textarea
          readonly
          rows="4"
          aria-label="Text to copy"
          value=${text.value}
          ref=${(/** @type {HTMLTextAreaElement | null} */ field) => field?.select()}
        />`
      }
    </p>`;
    return html`<details class="drop" ontoggle=${opened}>
      <summary>Copy</summary>
      <div class="menu">
        <button onclick=${() => copy(false)}>as list: artist - title</button>
        ${about.has.includes("path") && html`<button onclick=${() => copy(true)}>as paths</button>`}
        <${Result} />
      </div>
    </details>`;
  }
  // The selection in its order, or else all shown tracks, as lines.
  /** @param {string[]} names */
  async function toCopy(names) {
    const own = selected.value,
      chosen = own.size ? await source.find("", null, own) : found.value;
    if (!chosen) return [];
    const { ids, values } = await source.columns(chosen, names),
      line = (/** @type {number} */ at) =>
        names
          .map((name) => values[name][at])
          .filter(Boolean)
          .join(" - "),
      textOf = new Map(Array.from(ids, (id, at) => [id, line(at)]));
    return [...(own.size ? own : textOf.keys())].map((id) => textOf.get(id) ?? "");
  }
  const columns = columnMenu(table),
    element = drawn("div", { class: map ? "explorer mapped" : "explorer" }, () => [
      html`<${Filter} />`,
      html`<${Chosen} />`,
      html`<${Held} class="beside" nodes=${[map?.element, table.element]} />`,
    ]);
  if (heat) element.append(heat.element);
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(targetOf(event).tagName)) return;
    event.preventDefault();
    element.querySelector("input")?.focus();
  });
  show();
  return { element, ask };
}
