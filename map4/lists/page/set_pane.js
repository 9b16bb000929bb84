// The set in the side panel beside every view, or a drawer on narrow screens. Its parts move into
// the set's own view while that is shown.
import { actsIn, read, write } from "../../page/parts/acts.js";
import { takesDrops } from "../../page/parts/drag.js";
import { Icon } from "../../page/parts/components.js";
import { dom, element } from "../../page/parts/element.js";
import { drawn, effect, html, signal } from "../../page/parts/html.js";
import { setHead } from "./set_head.js";
import { lastSet } from "./set_in_work.js";
import { setMaker } from "./set_maker.js";
import { setMends } from "./set_mends.js";
import { setRows } from "./set_rows.js";
import { place } from "../../page/source/server.js";
import { counted } from "../../page/parts/wording.js";

const SHUT = "map4.set-pane",
  DRAWER = matchMedia("(max-width: 1099px)"),
  // With less room, an empty panel would cut the titles of all tracks.
  ROOMY = matchMedia("(min-width: 1500px)");

/** @param {Page.App} app @param {Page.SetInWork} set */
export function setPane(app, set) {
  const { set: slot } = app.slots,
    toPlace = (/** @type {number} */ at) => rows.focus(set.places[at]?.key ?? ""),
    head = setHead(app, set),
    rows = setRows(app, set),
    maker = setMaker(app, set, toPlace),
    mends = setMends(app, set, toPlace),
    notice = drawn("div", { class: "state-of-set" }, Notice),
    isOpen = signal(false);

  // What is shown while there are no rows.
  function Notice() {
    const { error, id, list, places } = set.shown,
      button = (/** @type {string} */ text, /** @type {() => unknown} */ onclick) =>
        html`<p><button class="main" onclick=${onclick}>${text}</button></p>`;
    if (error)
      return html`<p role="alert">${error.message}</p>
        ${button("Try again", () => set.load())}
        <p><a href=${place("lists")}>All lists</a></p>`;
    if (!id)
      return html`<p>Drag tracks here to start a set.</p>
        ${button("New set", () => app.acts.run("set-new"))}
        <p>
          <button aria-haspopup="true" onclick=${head.others}>
            Open a set <${Icon} name="down" />
          </button>
        </p>`;
    if (!list) return html`<p role="status">Loading…</p>`;
    return (
      !places.length &&
      html`<p>
        Drag tracks here, or draw a curve and press “Make” to generate a set from your library.
      </p>`
    );
  }
  /** @param {boolean} opens */
  function open(opens, isStored = true) {
    if (isStored && opens !== isOpen.peek() && !DRAWER.matches) write(SHUT, opens ? "no" : "yes");
    isOpen.value = opens;
  }
  const toggle = () => open(!isOpen.peek()),
    label = element("span"),
    tab = dom`<button class="tab" onclick=${toggle}>${label}</button>`,
    parts = element("div", { class: "pane" }),
    panel = dom`<section class="set-pane" aria-label="The set">${tab}${parts}</section>`;
  takesDrops(tab, {
    over: () => {
      open(true);
      return false;
    },
  });
  // A drop beside the rows adds at the end.
  const behind = (/** @type {PointerEvent} */ { clientY }) =>
    clientY < rows.element.getBoundingClientRect().top ? Infinity : clientY;
  takesDrops(parts, {
    over: (dragged, event) => rows.drag.over(dragged, behind(event)),
    leave: () => rows.drag.moveGap(null),
    drop: (dragged) => rows.drag.drop(dragged),
  });
  takesDrops(notice, {
    over: (dragged) => dragged.rows.length > 0,
    drop: (dragged) => {
      set.add(dragged.rows, undefined, dragged.title);
    },
  });
  app.acts.add([
    actsIn("The set")("set-pane", "Show or hide the set", "S", null, () => {
      toggle();
      if (isOpen.peek()) tab.focus();
    }),
  ]);

  const pane = {
    rows,
    isShownWhole: false,
    open,
    // Moves the parts into the set's own view.
    /** @param {HTMLElement} top @param {HTMLElement} makes @param {HTMLElement} plays */
    lend(top, makes, plays) {
      pane.isShownWhole = slot.hidden = true;
      top.append(head.element);
      makes.append(maker, mends);
      plays.append(notice, rows.element);
    },
    back() {
      pane.isShownWhole = slot.hidden = false;
      parts.append(head.element, maker, mends, notice, rows.element);
    },
  };
  pane.back();
  slot.append(panel);
  effect(() => {
    const { list, places } = set.shown,
      opens = isOpen.value;
    label.textContent = list ? `Set · ${counted(places.length)}` : "Set";
    tab.title = opens ? "Hide the set (S)" : "Show the set (S)";
    tab.setAttribute("aria-expanded", String(opens));
    slot.classList.toggle("open", opens);
    parts.hidden = !opens;
    rows.element.hidden = !places.length;
  });
  let hadSet = Boolean(lastSet());
  const begins = () => {
    const isWanted = read(SHUT) === "no" || hadSet || ROOMY.matches;
    open(!DRAWER.matches && isWanted && read(SHUT) !== "yes", false);
  };
  DRAWER.addEventListener("change", begins);
  begins();
  set.changed.subscribe(() => {
    if (!set.id || hadSet) return;
    hadSet = true;
    begins();
  });
  // A URL that names a list opens that list instead.
  if (lastSet() && !/\/lists\/./.test(location.pathname)) set.open(lastSet());
  return pane;
}
