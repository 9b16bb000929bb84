// Components that views share.
import { html, useLayoutEffect, useRef } from "./html.js";
import { stripOf } from "./strips.js";
import { fileOf, folderOf } from "./wording.js";

/**
 * A placeholder: empty, loading, error, offline.
 * @param {{ kind: string, text: string, act?: { title: string, run: () => void } | null }} about
 */
export function State({ kind, text, act = null }) {
  const isGrave = kind === "error" || kind === "offline";
  return html`<div class=${`state ${kind}`} role=${isGrave ? "alert" : "status"}>
    <p>${text}</p>
    ${
      act &&
      html`<p>
      <button type="button" class="main" onclick=${act.run}>${act.title}</button>
    </p>`
    }
  </div>`;
}

// A file name with its folder below.
/** @param {{ path: string }} about */
export const FileName = ({ path }) => html`<span class="file" title=${path}>
  <bdi>${fileOf(path)}</bdi><small><bdi>${folderOf(path)}</bdi></small>
</span>`;

// A small waveform.
/** @param {{ strip: string | null }} about */
export function Strip({ strip }) {
  const cell = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    cell.current?.replaceChildren();
    if (strip && cell.current) stripOf(cell.current)(strip);
  }, [strip]);
  return html`<span class="strip" ref=${cell}></span>`;
}
