// The column dialog of a table: visible columns and their order.
import { Check, buttonOf, Icon, Switch } from "./components.js";
import { html } from "./html.js";
import { popUp } from "./pop.js";

const AUTOMATIC = "Automatic";

/** @param {{ table: Page.TrackTable }} about */
export function ColumnMenu({ table }) {
  const { head } = table,
    open = (/** @type {{ currentTarget: HTMLElement }} */ { currentTarget }) =>
      popUp(currentTarget, { role: "dialog", "aria-label": "Columns" }, Columns),
    isHiding = table.shown.value && !table.shape.names && head.hidden > 0;
  return html`<button aria-haspopup="dialog" aria-expanded="false" onclick=${open}>
    <span>Columns</span>${isHiding && ` · ${head.hidden} hidden`} <${Icon} name="down" />
  </button>`;

  function Columns() {
    const columns = table.shown.value,
      shown = columns.map(({ name }) => name),
      others = table.have
        .filter(({ name }) => !shown.includes(name))
        .sort((a, b) => a.title.localeCompare(b.title)),
      { sets } = table.source.about,
      known = Object.keys(sets).find((name) => String(sets[name]) === String(shown));
    return html`<div class="menu columns">
        <${Switch}
          label="Sets of columns"
          choices=${[AUTOMATIC, ...Object.keys(sets)].map((name) => [name, name])}
          value=${table.shape.names ? known : AUTOMATIC}
          choose=${(/** @type {string} */ name) =>
            head.shape({ names: name === AUTOMATIC ? null : [...sets[name]], widths: {} })}
        />
        ${[...columns, ...others].map(({ name, title }) => {
          const at = shown.indexOf(name),
            names = at < 0 ? [...shown, name] : shown.filter((one) => one !== name),
            shape = again(() => head.shape({ names }));
          /** @param {string} sign @param {string} word @param {number} to */
          const step = (sign, word, to) =>
            buttonOf(
              sign,
              `${title}: ${word}`,
              again(() => head.move(name, to)),
              {
                class: "step",
                disabled: to < 0 || to >= shown.length,
              },
            );
          return html`<div key=${name} class="column">
            <${Check} class="" text=${title} isOn=${at >= 0} turn=${shape} />
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
