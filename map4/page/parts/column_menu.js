// The column menu of a table: visible columns and their order.
import { targetOf } from "./element.js";
import { drawn, html } from "./html.js";

/** @param {Page.TrackTable} table */
export function columnMenu(table) {
  const { head } = table,
    menu = /** @type {HTMLDetailsElement} */ (drawn("details", { class: "drop" }, draw));
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
      event.stopPropagation();
    }
  });
  addEventListener("pointerdown", (event) => {
    if (!menu.contains(targetOf(event))) menu.open = false;
  });
  return menu;

  function draw() {
    const columns = table.shown.value,
      shown = columns.map(({ name }) => name),
      others = table.have
        .filter(({ name }) => !shown.includes(name))
        .sort((a, b) => a.title.localeCompare(b.title)),
      sets = Object.entries(table.source.about.sets),
      isAutomatic = !table.shape.names;
    /** @type {(name: string, isOn: boolean, names: string[] | null) => Page.Child} */
    const set = (name, isOn, names) =>
      html`<button
        aria-pressed=${String(isOn)}
        onclick=${again(() => head.shape({ names, widths: {} }))}
      >
        ${name}
      </button>`;
    const hidden = isAutomatic ? head.hidden : 0;
    return html`<summary><span>Columns</span>${hidden > 0 && ` · ${hidden} hidden`}</summary>
      <div class="menu columns">
        <div class="switch" role="group" aria-label="Sets of columns">
          ${set("Automatic", isAutomatic, null)}
          ${sets.map(([name, names]) => set(name, String(shown) === String(names), [...names]))}
        </div>
        ${[...columns, ...others].map(({ name, title }) => {
          const at = shown.indexOf(name),
            names = at < 0 ? [...shown, name] : shown.filter((one) => one !== name);
          /** @param {string} sign @param {string} word @param {number} to */
          const step = (sign, word, to) =>
            html`<button
              class="step"
              aria-label=${`${title}: ${word}`}
              disabled=${to < 0 || to >= shown.length}
              onclick=${again(() => head.move(name, to))}
            >
              ${sign}
            </button>`;
          return html`<div key=${name} class="column">
            <label>
              <input
                type="checkbox"
                checked=${at >= 0}
                onchange=${again(() => head.shape({ names }))}
              />
              ${title}
            </label>
            ${at >= 0 && [step("↑", "earlier", at - 1), step("↓", "later", at + 1)]}
          </div>`;
        })}
      </div>`;
  }
}

// An element that is moved loses the focus.
/** @param {() => void} act */
const again =
  (act) =>
  (/** @type {{ currentTarget: HTMLElement }} */ { currentTarget }) => {
    act();
    setTimeout(() => currentTarget.focus());
  };
