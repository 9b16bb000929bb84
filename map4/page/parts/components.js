// Components that views share.
import { html, nodesOf, useLayoutEffect, useRef } from "./html.js";
import { address } from "../source/server.js";
import { stripOf } from "./strips.js";
import { fileOf, folderOf, messageOf } from "./wording.js";

/**
 * A placeholder: empty, loading, error.
 * @param {{ kind: string, text: string, act?: { title: string, run: () => void } | null }} about
 */
export function State({ kind, text, act = null }) {
  return html`<div class=${`state ${kind}`} role=${kind === "error" ? "alert" : "status"}>
    <p>${text}</p>
    ${act && html`<p><button class="main" onclick=${act.run}>${act.title}</button></p>`}
  </div>`;
}

// An error with a button to try again, instead of content.
/** @param {{ error: unknown, run: () => void }} about */
export const Trouble = ({ error, run }) =>
  html`<${State} kind="error" text=${messageOf(error)} act=${{ title: "Try again", run }} />`;

// The same as an element, drawn once.
/** @param {string} kind @param {string} text @param {Parameters<typeof State>[0]["act"]} [act] */
export const stateOf = (kind, text, act) =>
  /** @type {HTMLElement} */ (nodesOf(html`<${State} kind=${kind} text=${text} act=${act} />`)[0]);

/** @param {unknown} error @param {() => void} run */
export const troubleOf = (error, run) =>
  stateOf("error", messageOf(error), { title: "Try again", run });

// A file name with its folder below.
/** @param {{ path: string }} about */
export const FileName = ({ path }) => html`<span class="file" title=${path}>
  <bdi>${fileOf(path)}</bdi><small><bdi>${folderOf(path)}</bdi></small>
</span>`;

// The cover of a track, loaded when it comes into view; a plain tile without one.
/** @param {{ id: string | null, size: number }} about  size: in pixels */
export const Picture = ({ id, size }) => html`<span class="picture">
  ${
    id &&
    html`<img
      key=${id}
      alt=""
      loading="lazy"
      decoding="async"
      src=${address(`tracks/${encodeURIComponent(id)}/cover?size=${size}`)}
      onerror=${({ currentTarget }) => {
        currentTarget.hidden = true;
      }}
    />`
  }
</span>`;

// The cover of a track; takes no space until it is loaded, and if there is none.
/**
 * @param {{ id: string | null, size: number, shown?: (src: string) => void }} about  size: longer
 *   side in pixels
 */
export const Cover = ({ id, size, shown }) =>
  id &&
  html`<img
    key=${id}
    alt=""
    class="cover"
    hidden
    decoding="async"
    src=${address(`tracks/${encodeURIComponent(id)}/cover?size=${size}`)}
    onload=${({ currentTarget }) => {
      currentTarget.hidden = false;
      shown?.(currentTarget.src);
    }}
  />`;

// A field that does not change while someone types in it.
/** @param {{ as?: string, value: any, children?: Page.Child } & Record<string, any>} about */
export function Typed({ as = "input", value, children, ...about }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null)),
    shown = useRef(/** @type {any} */ (null));
  const show = () => {
    if (field.current) field.current.value = String((shown.current = value));
  };
  useLayoutEffect(() => {
    if (field.current !== document.activeElement) show();
  });
  const leave = () => value !== shown.current && show(); // what changed meanwhile
  return html`<${as} ref=${field} onblur=${leave} ...${about}>${children}<//>`;
}

// A small waveform.
/** @param {{ strip: string | null, width?: number, height?: number }} about */
export function Strip({ strip, width = 480, height = 40 }) {
  const cell = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    cell.current?.replaceChildren();
    if (strip && cell.current) stripOf(cell.current, { width, height })(strip);
  }, [strip]);
  return html`<span class="strip" ref=${cell}></span>`;
}
