// The tracks of a set in rows, each with its transition to the next. Rows can be moved by mouse,
// touch and keyboard.
import { drags } from "../../page/parts/drag.js";
import { buttonOf, Icon, KeyChip, SignButton, Strip } from "../../page/parts/components.js";
import { computed, effect, html, signal, useLayoutEffect } from "../../page/parts/html.js";
import { JointLine } from "../../page/parts/joint.js";
import { chosenJoint, jointTools } from "./joint_tools.js";
import { setDrag } from "./set_drag.js";
import { stripsOf } from "../../page/parts/strips.js";
import { rowOf } from "./set_row.js";
import { rowActs } from "./set_row_acts.js";

const MOST = 500,
  MOST_PLANNED = 60;

/** @param {Page.App} app @param {Page.SetInWork} set */
export function setRows(app, set) {
  const strips = signal(/** @type {Map<string, string | null>} */ (new Map())),
    most = signal(MOST),
    playing = computed(() => (void app.player?.changes.value, app.player?.track?.id)), // its id
    joint = chosenJoint(app, set),
    acts = rowActs(app, set, joint),
    { list, slots, at, isCurrent, focus, as } = acts;

  /** @param {EventTarget | null} target */
  const keyAt = (target) =>
    /** @type {Element | null} */ (target)?.closest("li.place")?.dataset.key ?? null;
  /** @param {Page.Place} place */
  const hasWave = ({ id }) => Boolean(strips.peek().get(id ?? ""));

  function Rows() {
    const { places, preview, compared, stored, storedKeys, isFree } = set.shown,
      now = document.activeElement,
      hadFocus = list.current?.contains(now) && now?.classList.contains("track");
    useLayoutEffect(() => {
      isCurrent(at(acts.current) < 0 ? (places[0]?.key ?? "") : acts.current);
      if (hadFocus && !list.current?.contains(document.activeElement)) focus(acts.current);
      set.plan([...places.keys()].slice(0, MOST_PLANNED));
    });
    const lines = places.slice(0, most.value).map(({ key, id }, at) => {
      const about = {
        states: {
          new: preview && (compared ? stored[at]?.key !== key : !storedKeys.has(key)),
          playing: id !== null && id === playing.value,
          carried: key === drag.gap.value?.key,
        },
        isFree,
        strip: strips.value.get(id ?? "") ?? null,
        opens: key === joint.key.value ? "joint" : key === slots.wanted.value?.key ? "slots" : "",
      };
      return html`<${Line} key=${key} ...${rowOf(places, at, about)} />`;
    });
    if (drag.shownAt !== null) lines.splice(drag.shownAt, 0, html`<${drag.Mark} key="gap" />`);
    return html`<div class="rows-of-set" hidden=${!places.length}>
      <ol
        class=${preview ? "places preview" : "places"}
        aria-label="Tracks of the set"
        ref=${held}
      >
        ${lines}
      </ol>
      <button hidden=${places.length <= most.value} onclick=${() => (most.value += MOST)}>
        Show more
      </button>
    </div>`;
  }
  /** @param {HTMLElement | null} host */
  function held(host) {
    if (!host) return; // another may be there already
    list.current = host;
    drags(host, ({ target }) => draggedOf(keyAt(target)));
  }
  /** @param {Page.SetRow & { key: string }} row @returns {Page.VNode} */
  function Line({ at, title, next, locked, camelot, level, ...row }) {
    const { id: key } = row,
      does = (/** @type {string} */ act) => () => as(key, () => app.acts.run(act)),
      ready = () => acts.preload(key),
      lockTitle = locked
        ? "Locked: stays when the list is regenerated (l)"
        : "Lock: keep when the list is regenerated (l)";
    return html`<li data-key=${key} class=${row.classes} onfocusin=${() => isCurrent(key)}>
      <div
        class="track"
        tabindex="-1"
        role="group"
        aria-label=${row.label}
        onkeydown=${acts.pressed}
        ondblclick=${() => app.acts.run("set-play")}
      >
        <span class="handle" aria-hidden="true" />
        <span class="number">${at + 1}</span>
        <${Strip} strip=${row.strip} height=${24} />
        <span class="name" title=${`${title} – ${row.artist} · ${row.about}`}>
          <b><bdi>${title}</bdi></b> <small><bdi>${row.artist}</bdi> · ${row.about}</small>
          ${row.isUnsaved && html`<${Icon} name="clock" />`}
        </span>
        <span class="n bpm">${row.tempo}</span>
        <span class="key"><${KeyChip} camelot=${camelot} /></span>
        <span class="level" data-level=${level ?? "–"}>
          <i style=${{ height: `${10 * (level ?? 0)}%` }} />
        </span>
        ${buttonOf("", `Lock ${title}`, does("set-lock"), {
          ...{ class: "lock", tabindex: "-1", hidden: !row.isFree },
          ...{ "aria-pressed": String(locked), title: lockTitle },
        })}
        <${SignButton}
          sign="more"
          label=${`More actions: ${title}`}
          class="more"
          tabindex="-1"
          aria-haspopup="menu"
          run=${({ currentTarget }) => acts.menu(key, currentTarget)}
        />
      </div>
      <div class="onward" hidden=${next === null}>
        <${SignButton}
          sign="hear"
          label=${`Play the transition into ${next}`}
          class="hear"
          tabindex="-1"
          hidden=${!row.canPlay}
          run=${does("set-hear")}
          onpointerenter=${ready}
          onfocus=${ready}
        />
        <span onclick=${does("set-joint")}>
          ${next !== null && html`<${JointLine} words=${row.words} unknown=${row.unknown} />`}
        </span>
      </div>
      ${row.opens === "joint" && html`<${Tools} />`}
      ${row.opens === "slots" && html`<${slots.Slots} />`}
    </li>`;
  }
  /** @param {string | null} key @returns {Page.Dragged | null} */
  function draggedOf(key) {
    const place = key === null ? null : set.places[at(key)];
    if (!place || !set.list) return null;
    isCurrent(place.key);
    const { row, title } = place;
    return { rows: row === null ? [] : [row], title, from: { set, key } };
  }

  const Tools = jointTools(app, joint, focus, hasWave),
    drag = setDrag(set, acts);
  effect(() => void loadStrips(app.source, strips, set.shown.places));
  return { Rows, drag, list, strips, hasWave, focus, joint };
}

// Loads the missing track pictures in one request.
/**
 * @param {Page.ServedSource} source
 * @param {Page.Signal<Map<string, string | null>>} strips  by id
 * @param {Pick<Page.Place, "id" | "row">[]} places
 */
export async function loadStrips(source, strips, places) {
  const known = strips.peek(),
    wanted = places.flatMap(({ id, row }) => (!id || row === null || known.has(id) ? [] : id));
  for (const id of wanted) known.set(id, null);
  try {
    const found = await stripsOf(source, wanted);
    for (const [id, { strip }] of found) strips.peek().set(id, strip); // others may have loaded
    if (found.size) strips.value = new Map(strips.peek());
  } catch {
    for (const id of wanted) strips.peek().delete(id); // drawing requests it again
  }
}
