// Plain tables sortable by their heads; unknown values come last in both directions.
import { dom } from "./element.js";

const { compare } = new Intl.Collator("en", { numeric: true });

/** @param {HTMLElement} root */
export function liveTables(root) {
  for (const {
    tHead,
    tBodies: [body],
  } of /** @type {NodeListOf<HTMLTableElement>} */ (root.querySelectorAll("table.sortable"))) {
    const heads = [...(tHead?.rows[0].cells ?? [])];
    heads.forEach((head, place) =>
      head.replaceChildren(
        dom`<button
          onclick=${() => {
            const isDescending = head.ariaSort === "ascending";
            heads.forEach((other) => other.removeAttribute("aria-sort"));
            head.ariaSort = isDescending ? "descending" : "ascending";
            body.append(...sorted([...body.rows], place, isDescending));
          }}
        >
          ${head.textContent}
        </button>`,
      ),
    );
  }
}

/** @param {HTMLTableRowElement[]} rows @param {number} place @param {boolean} isDescending */
function sorted(rows, place, isDescending) {
  const isNumber = rows.some((row) => row.cells[place].dataset.order),
    sign = isDescending ? -1 : 1;
  /** @param {HTMLTableRowElement} row */
  const numberOf = ({ cells }) => Number(cells[place].dataset.order);
  /** @param {HTMLTableRowElement} row */
  const textOf = ({ cells }) => cells[place].firstChild?.textContent ?? "";
  const known = rows.filter((row) => !isNumber || !Number.isNaN(numberOf(row)));
  known.sort(
    (a, b) => sign * (isNumber ? numberOf(a) - numberOf(b) : compare(textOf(a), textOf(b))),
  );
  return [...known, ...rows.filter((row) => !known.includes(row))];
}
