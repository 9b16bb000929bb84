// The column menu of a table: visible columns and their order.
import { dom, element, targetOf } from "./element.js";

/** @param {Page.TrackTable} table */
export function columnMenu(table) {
  const list = element("div", { class: "menu columns" }),
    menu = /** @type {HTMLDetailsElement} */ (
      dom`<details class="drop"><summary>Columns</summary>${list}</details>`
    );
  menu.addEventListener("toggle", () => {
    if (menu.open) draw();
  });
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
    const shown = table.columns.map(({ name }) => name);
    const others = table.have
      .filter(({ name }) => !shown.includes(name))
      .sort((a, b) => a.title.localeCompare(b.title));
    const sets = Object.entries(table.source.about.sets ?? {}).map(
      ([name, columns]) =>
        dom`<button
          aria-pressed=${String(String(shown) === String(columns))}
          onclick=${() => again(() => table.head.shape({ names: [...columns], widths: {} }), name)}
        >
          ${name}
        </button>`,
    );
    const automatic = element(
      "button",
      {
        "aria-pressed": String(!table.shape.names),
        onclick: () => again(() => table.head.shape({ names: null, widths: {} }), "Automatic"),
      },
      "Automatic",
    );
    list.replaceChildren(
      dom`<div class="switch" role="group" aria-label="Sets of columns">${automatic}${sets}</div>`,
      ...[...table.columns, ...others].map(({ name, title }) => {
        const at = shown.indexOf(name),
          box = element("input", {
            type: "checkbox",
            checked: at >= 0,
            onchange: () =>
              again(
                () =>
                  table.head.shape({
                    names: at >= 0 ? shown.filter((one) => one !== name) : [...shown, name],
                  }),
                title,
              ),
          });
        /** @param {string} sign @param {string} word @param {number} to */
        const step = (sign, word, to) =>
          dom`<button
            class="step"
            aria-label=${`${title}: ${word}`}
            disabled=${at < 0 || to < 0 || to >= shown.length}
            onclick=${() => again(() => table.head.move(name, to), `${title}: ${word}`)}
          >
            ${sign}
          </button>`;
        return dom`<div class="column">
          <label>${box} ${title}</label>
          ${step("↑", "earlier", at - 1)}
          ${step("↓", "later", at + 1)}
        </div>`;
      }),
    );
  }
  // Keep the focus on the same control.
  /** @param {() => void} act @param {string} name */
  function again(act, name) {
    act();
    draw();
    for (const one of list.querySelectorAll("input,button"))
      if (
        [one.getAttribute("aria-label"), one.textContent, one.parentElement?.textContent].some(
          (text) => text?.trim() === name,
        )
      )
        one.focus();
  }
}
