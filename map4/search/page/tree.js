// A tree with counts; branches load when opened. Tab reaches one item, arrow keys the others.
import { dom, element, targetOf } from "../../page/parts/element.js";
import { counted, messageOf } from "../../page/parts/wording.js";
/**
 * @typedef {object} Branch
 * @property {string} key  unique in the tree
 * @property {string} title
 * @property {number | null} [count]
 * @property {string} [hint]
 * @property {() => void} [take]  without it, the branch only opens
 * @property {() => Promise<Branch[]>} [children]
 * @property {(element: HTMLElement, told: (count: number) => void) => void} [later]  calls back
 *   with the count once known
 * @property {(element: HTMLElement) => void} [made]  called with the new element, such as to accept
 *   drops
 */

export class Tree {
  /** @param {string} title */
  constructor(title) {
    /** @type {Set<string>} */
    this.open = new Set();
    /** @type {WeakMap<Element, Branch>} */
    this.branchOf = new WeakMap();
    this.turn = 0;
    this.current = "";
    this.element = element("ul", {
      class: "tree",
      role: "tree",
      "aria-label": title,
      onclick: (event) => this.click(event),
      onkeydown: (event) => this.key(event),
    });
  }
  // Redraws all open branches; the existing tree stays meanwhile.
  /** @param {Branch[]} branches */
  async show(branches) {
    const mine = ++this.turn,
      items = await Promise.all(branches.map((branch) => this.item(branch, 1)));
    if (mine !== this.turn) return;
    const focused = this.element.contains(document.activeElement)
      ? /** @type {HTMLElement} */ (document.activeElement).dataset.key
      : null;
    this.element.replaceChildren(...items);
    const again = this.items().find(({ dataset }) => dataset.key === focused) ?? null;
    (
      again ??
      this.items().find(({ dataset }) => dataset.key === this.current) ??
      this.items()[0]
    )?.setAttribute("tabindex", "0");
    again?.focus();
  }
  /** @param {Branch} branch @param {number} level @returns {Promise<HTMLElement>} */
  async item(branch, level) {
    const { key, title, count, hint, children, later, made } = branch,
      isOpen = this.open.has(key);
    const item = dom`<li
      role="treeitem"
      tabindex="-1"
      data-key=${key}
      aria-level=${level}
      aria-expanded=${children ? String(isOpen) : null}
      aria-selected=${String(key === this.current)}
      aria-label=${count == null ? title : `${title} ${counted(count)}`}
    >
      <div class="branch" title=${hint ?? title}>
        <i class=${children ? "twig" : ""} aria-hidden="true" />
        <span dir="auto">${title}</span>${" "}
        ${count == null ? null : dom`<small>${counted(count)}</small>`}
      </div>
    </li>`;
    item.style.setProperty("--level", String(level));
    this.branchOf.set(item, branch);
    const shown = /** @type {HTMLElement} */ (item.firstChild);
    made?.(shown);
    later?.(shown, (now) => {
      item.setAttribute("aria-label", `${title} ${counted(now)}`);
      shown.append(" ", dom`<small>${counted(now)}</small>`);
    });
    if (children && isOpen) item.append(await this.group(children, level));
    return item;
  }
  /** @param {() => Promise<Branch[]>} children @param {number} level */
  async group(children, level) {
    let branches;
    try {
      branches = await children();
    } catch (error) {
      return dom`<p class="told">${messageOf(error)}</p>`;
    }
    if (!branches.length) return dom`<p class="small">none</p>`;
    const items = await Promise.all(branches.map((one) => this.item(one, level + 1)));
    return dom`<ul role="group">${items}</ul>`;
  }
  items() {
    return [...this.element.querySelectorAll("[role=treeitem]")];
  }
  /** @param {HTMLElement} item */
  async toggle(item) {
    const branch = this.branchOf.get(item);
    if (!branch?.children) return;
    const isOpen = !this.open.delete(branch.key);
    if (isOpen) this.open.add(branch.key);
    item.setAttribute("aria-expanded", String(isOpen));
    item.querySelector(":scope > :not(.branch)")?.remove();
    if (!isOpen) return;
    const group = await this.group(branch.children, Number(item.getAttribute("aria-level")));
    if (this.open.has(branch.key) && !item.querySelector(":scope > :not(.branch)"))
      item.append(group);
  }
  /** @param {Event} event */
  click(event) {
    const item = targetOf(event).closest("[role=treeitem]"),
      branch = item && this.branchOf.get(item);
    if (!item || !branch || !targetOf(event).closest(".branch")) return;
    this.focus(item);
    if (!branch.take || targetOf(event).classList.contains("twig")) this.toggle(item);
    else branch.take();
  }
  /** @param {HTMLElement | null} [item] */
  focus(item) {
    if (!item) return;
    for (const other of this.items()) other.setAttribute("tabindex", other === item ? "0" : "-1");
    item.focus();
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    const item = targetOf(event).closest("[role=treeitem]"),
      items = this.items();
    if (!item || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = items.indexOf(item),
      isOpen = item.getAttribute("aria-expanded"),
      take = this.branchOf.get(item)?.take,
      turns = { ArrowRight: "false", ArrowLeft: "true" }[event.key];
    const to = {
      ArrowDown: items[at + 1],
      ArrowUp: items[at - 1],
      Home: items[0],
      End: items.at(-1),
      ArrowRight: items[at + 1],
      ArrowLeft: item.parentElement?.closest("[role=treeitem]"),
    };
    if (event.key === "Enter" && take) take();
    else if (event.key === "Enter" || (turns && isOpen === turns)) this.toggle(item);
    else if (event.key in to) this.focus(to[/** @type {keyof typeof to} */ (event.key)]);
    else return;
    event.preventDefault();
  }
}
