// A tree with counts; branches load when opened. Tab reaches one item, arrow keys the others.
import { targetOf } from "../../page/parts/element.js";
import {
  drawn,
  html,
  resource,
  signal,
  useLayoutEffect,
  useMemo,
  useRef,
  useSignal,
} from "../../page/parts/html.js";
import { counted } from "../../page/parts/wording.js";
/**
 * @typedef {object} Branch
 * @property {string} key  unique in the tree
 * @property {string} title
 * @property {number | null} [count]
 * @property {string} [hint]
 * @property {() => void} [take]  without it, the branch only opens
 * @property {() => Promise<Branch[]>} [children]
 * @property {(element: HTMLElement, onCount: (count: number) => void) => void} [later]  calls back
 *   with the count once known
 * @property {(element: HTMLElement) => void} [onMount]  called with the new element, such as to
 *   accept drops
 */

/** @param {string} title */
export function tree(title) {
  const branches = signal(/** @type {Branch[]} */ ([])),
    open = signal(/** @type {Set<string>} */ (new Set())), // keys
    current = signal(""),
    focused = signal(/** @type {string | null} */ (null)); // Tab reaches it, or else the first
  const element = drawn("ul", { class: "tree", role: "tree", "aria-label": title }, () =>
    branches.value.map((branch) => html`<${Item} key=${branch.key} branch=${branch} level=${1} />`),
  );
  element.addEventListener("keydown", keyed);
  return { element, branches, open, current };

  /** @param {{ branch: Branch, level: number }} about */
  function Item({ branch, level }) {
    const { key, title, hint, children, take, later, onMount } = branch,
      row = useRef(/** @type {HTMLElement | null} */ (null)),
      counts = useSignal(/** @type {number | null} */ (null)),
      count = branch.count ?? counts.value,
      isOpen = open.value.has(key),
      isCurrent = key === current.value;
    useLayoutEffect(() => {
      if (!row.current) return;
      onMount?.(row.current);
      later?.(row.current, (now) => {
        counts.value = now;
      });
    }, [branch]);
    useLayoutEffect(() => {
      if (isCurrent) focused.value = key;
    }, [isCurrent]);
    useLayoutEffect(
      () => () => {
        if (focused.peek() === key) focused.value = null;
      },
      [],
    );
    /** @param {MouseEvent} event */
    const click = (event) => {
      focus(row.current?.parentElement);
      if (!take || targetOf(event).classList.contains("twig")) toggle(key);
      else take();
    };
    return html`<li
      role="treeitem"
      tabindex=${key === (focused.value ?? branches.value[0].key) ? "0" : "-1"}
      data-key=${key}
      aria-level=${level}
      aria-expanded=${children && String(isOpen)}
      aria-selected=${String(isCurrent)}
      aria-label=${count == null ? title : `${title} ${counted(count)}`}
      style=${{ "--level": level }}
    >
      <div class="branch" title=${hint ?? title} ref=${row} onclick=${click}>
        <i class=${children ? "twig" : ""} aria-hidden="true" />
        <span dir="auto">${title}</span>${" "}
        ${count != null && html`<small>${counted(count)}</small>`}
      </div>
      ${children && isOpen && html`<${Group} load=${children} level=${level + 1} />`}
    </li>`;
  }
  // The branches stay while they are loaded again.
  /** @param {{ load: () => Promise<Branch[]>, level: number }} about */
  function Group({ load, level }) {
    const answer = useMemo(() => /** @type {Page.Resource<Branch[]>} */ (resource()), []),
      { value, error } = answer;
    useLayoutEffect(() => void answer.ask(load()), [load]);
    if (error) return html`<p class="told">${error.message}</p>`;
    if (!value?.length) return value && html`<p class="small">none</p>`;
    return html`<ul role="group">
      ${value.map((one) => html`<${Item} key=${one.key} branch=${one} level=${level} />`)}
    </ul>`;
  }
  /** @param {string} key */
  function toggle(key) {
    const keys = new Set(open.value);
    if (!keys.delete(key)) keys.add(key);
    open.value = keys;
  }
  /** @param {HTMLElement | null} [item] */
  function focus(item) {
    if (!item) return;
    focused.value = item.dataset.key ?? "";
    item.focus();
  }
  /** @param {KeyboardEvent} event */
  function keyed(event) {
    const item = targetOf(event).closest("[role=treeitem]"),
      items = [...element.querySelectorAll("[role=treeitem]")];
    if (!item || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = items.indexOf(item),
      isOpen = item.getAttribute("aria-expanded"),
      turns = { ArrowRight: "false", ArrowLeft: "true" }[event.key];
    const to = {
      ArrowDown: items[at + 1],
      ArrowUp: items[at - 1],
      Home: items[0],
      End: items.at(-1),
      ArrowRight: items[at + 1],
      ArrowLeft: item.parentElement?.closest("[role=treeitem]"),
    };
    if (event.key === "Enter") item.querySelector(".branch")?.click();
    else if (turns && isOpen === turns) toggle(item.dataset.key ?? "");
    else if (event.key in to) focus(to[/** @type {keyof typeof to} */ (event.key)]);
    else return;
    event.preventDefault();
  }
}
