// The column menu of a table: visible columns and their order.
import { element } from "./element.js";
/** @import { TrackTable } from "./table.js" */

/** @param {TrackTable} table */
export function columnMenu(table) {
  const list = element("div", { class: "menu columns" }),
    menu = element("details", { class: "drop" }, element("summary", {}, "Columns"), list);
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
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
  return menu;

  function draw() {
    const shown = table.columns.map(({ name }) => name);
    const others = table.have
      .filter(({ name }) => !shown.includes(name))
      .sort((a, b) => a.title.localeCompare(b.title));
    list.replaceChildren(
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
        const step = (
          /** @type {string} */ sign,
          /** @type {string} */ word,
          /** @type {number} */ to,
        ) =>
          element(
            "button",
            {
              type: "button",
              class: "step",
              "aria-label": `${title}: ${word}`,
              disabled: at < 0 || to < 0 || to >= shown.length,
              onclick: () => again(() => table.head.move(name, to), `${title}: ${word}`),
            },
            sign,
          );
        return element(
          "div",
          { class: "column" },
          element("label", {}, box, ` ${title}`),
          step("↑", "earlier", at - 1),
          step("↓", "later", at + 1),
        );
      }),
      element(
        "button",
        {
          type: "button",
          onclick: () => {
            table.head.shape({ names: null, widths: {} });
            menu.open = false;
          },
        },
        "Automatic",
      ),
    );
  }
  // Keep the focus on the same control.
  /** @param {() => void} act @param {string} name */
  function again(act, name) {
    act();
    draw();
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (
      list.querySelectorAll("input,button")
    ))
      if ((one.getAttribute("aria-label") ?? one.parentElement?.textContent?.trim()) === name)
        one.focus();
  }
}
