// The set in the side panel beside every view, or a drawer on narrow screens; in the set's own view
// while that is shown.
import { actsIn } from "../../page/parts/acts.js";
import { takesDrops } from "../../page/parts/drag.js";
import { Icon } from "../../page/parts/components.js";
import { effect, html, render, signal } from "../../page/parts/html.js";
import { setHead } from "./set_head.js";
import { setInWork } from "./set_in_work.js";
import { setMaker } from "./set_maker.js";
import { setMends } from "./set_mends.js";
import { fold, isOpen, lastSet, openPane } from "./set_room.js";
import { setRows } from "./set_rows.js";
import { place } from "../../page/source/server.js";
import { counted } from "../../page/parts/wording.js";

/** @typedef {Page.OpenSet & { set: Page.SetInWork, pane: ReturnType<typeof setPane> }} Desk */
/** @param {Page.App} app */
export const deskOf = (app) => /** @type {Desk} */ (app.set);

// The list being edited is available beside every view.
/** @param {Page.App} app */
export function frame(app) {
  const set = setInWork(app),
    pane = setPane(app, set);
  app.set = /** @type {Desk} */ ({
    ...{ set, pane, fold, list: () => set.list },
    add(rows, title) {
      openPane(true);
      return set.add(rows, undefined, title);
    },
    put: (track, title) => set.put(async () => [track], title),
  });
}

/** @param {Page.App} app @param {Page.SetInWork} set */
function setPane(app, set) {
  const { set: slot } = app.slots,
    toPlace = (/** @type {number} */ at) => rows.focus(set.places[at]?.key ?? ""),
    rows = setRows(app, set),
    mends = setMends(app, set, toPlace),
    maker = setMaker(app, set, toPlace, mends.Ends),
    head = setHead(app, set, [mends.Acts, maker.Open]),
    isWhole = signal(false), // shown in its own view
    tab = { current: /** @type {HTMLElement | null} */ (null) };

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
          <button aria-haspopup="menu" onclick=${head.others}>
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
  const toggle = () => openPane(!isOpen.peek()),
    // A drop above the rows adds at the end.
    ofBody = /** @type {Page.Taker} */ ({
      over: (dragged, { clientY }) => {
        const top = rows.list.current?.getBoundingClientRect().top ?? 0;
        return rows.drag.over(dragged, clientY < top ? Infinity : clientY);
      },
      leave: () => rows.drag.moveGap(null),
      drop: (dragged) => rows.drag.drop(dragged),
    }),
    ofTab = /** @type {Page.Taker} */ ({
      ...ofBody,
      over: (dragged) => {
        openPane(true);
        return rows.drag.over(dragged, Infinity);
      },
    }),
    taking = (/** @type {Page.Taker} */ taker) => (/** @type {HTMLElement | null} */ host) =>
      host && takesDrops(host, taker);
  // The parts of the set, with what is between its head and the others.
  /** @param {{ children?: Page.Child }} about */
  const Body = ({ children }) => html`<div class="body-of-set" ref=${taking(ofBody)}>
    <${head.Head} />
    ${children}
    <${maker.Maker} />
    <${mends.Mends} />
    <div class="state-of-set"><${Notice} /></div>
    <${rows.Rows} />
  </div>`;
  function Pane() {
    const { list, places } = set.shown,
      opens = isOpen.value;
    return html`<section class="set-pane" aria-label="The set">
      <button
        class="tab"
        ref=${(/** @type {HTMLElement} */ host) => {
          tab.current = host;
          taking(ofTab)(host);
        }}
        title=${opens ? "Hide the set (S)" : "Show the set (S)"}
        aria-expanded=${String(opens)}
        onclick=${toggle}
      >
        <span>${list ? `Set · ${counted(places.length)}` : "Set"}</span>
      </button>
      <div class="pane" hidden=${!opens}>
        ${opens && !isWhole.value && html`<${Body} />`}
      </div>
    </section>`;
  }
  app.acts.add([
    actsIn("The set")("set-pane", "Show or hide the set", "S", null, () => {
      toggle();
      if (isOpen.peek()) tab.current?.focus();
    }),
  ]);

  render(html`<${Pane} />`, slot);
  effect(() => void (slot.hidden = isWhole.value));
  // A URL that names a list opens that list instead.
  if (lastSet() && !/\/lists\/./.test(location.pathname)) set.open(lastSet());
  return { rows, Body, isWhole };
}
