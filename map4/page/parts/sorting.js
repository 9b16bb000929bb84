// Plain tables whose heads sort them; what is not known comes last either way.
import { element } from "./table.js";

const { compare } = new Intl.Collator("en", { numeric: true });

export function liveTables(root) {
  for (const { tHead, tBodies: [body] } of root.querySelectorAll("table.sortable")) {
    const heads = [...tHead.rows[0].cells];
    heads.forEach((head, place) => head.replaceChildren(element("button", { type: "button", onclick: () => {
      const isDescending = head.ariaSort === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.ariaSort = isDescending ? "descending" : "ascending";
      body.append(...sorted([...body.rows], place, isDescending));
    } }, head.textContent)));
  }
}

function sorted(rows, place, isDescending) {
  const isNumber = rows.some((row) => row.cells[place].dataset.order), way = isDescending ? -1 : 1;
  const valueOf = ({ cells }) => (isNumber ? Number(cells[place].dataset.order) : cells[place].firstChild.textContent);
  const known = rows.filter((row) => !Number.isNaN(valueOf(row)));
  known.sort((a, b) => way * (isNumber ? valueOf(a) - valueOf(b) : compare(valueOf(a), valueOf(b))));
  return [...known, ...rows.filter((row) => !known.includes(row))];
}
