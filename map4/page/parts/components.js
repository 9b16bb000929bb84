// Components that views share.
import { html, useLayoutEffect, useRef } from "./html.js";
import { address } from "../source/server.js";
import { keyName } from "./key_names.js";
import { StripCanvas } from "./strips.js";
import { fileOf, folderOf, hueOf, messageOf } from "./wording.js";

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

// A file name with its folder below.
/** @param {{ path: string }} about */
export const FileName = ({ path }) => html`<span class="file" title=${path}>
  <bdi>${fileOf(path)}</bdi><small><bdi>${folderOf(path)}</bdi></small>
</span>`;

// The name of a key on its colour.
/** @param {{ camelot: string | null }} about */
export const KeyChip = ({ camelot }) =>
  camelot === null
    ? "–"
    : html`<span class="chip" style=${{ background: `var(--key-${camelot})` }}>
      ${keyName(camelot)}
    </span>`;

// The cover of a track, loaded when it comes into view; without one, a tile tinted by its name.
/**
 * @param {{ id: string | null | undefined, size: number, name?: string | null,
 *   shown?: (src: string) => void }} about  size: in pixels; name: of the album
 */
export const Picture = ({ id, size, name, shown }) => html`<span
  class="picture"
  style=${{ "--hue": hueOf(name ?? id ?? "") }}
>
  <${Icon} name="note" />
  ${
    id &&
    html`<img
      key=${id}
      alt=""
      loading="lazy"
      decoding="async"
      src=${address(`tracks/${encodeURIComponent(id)}/cover?size=${size}`)}
      onload=${({ currentTarget }) => shown?.(currentTarget.src)}
      onerror=${({ currentTarget }) => {
        currentTarget.hidden = true;
      }}
    />`
  }
</span>`;

// An icon of icons.svg, by name.
/** @param {{ name: string }} about */
export const Icon = ({ name }) => html`<svg class="icon" aria-hidden="true">
  <use href=${`#i-${name}`} />
</svg>`;

// A button that shows only an icon.
/**
 * @param {{ sign: string, label: string, run: (event: any) => unknown } & Record<string, any>}
 *   about
 */
export const SignButton = ({ sign, label, run, ...about }) =>
  html`<button aria-label=${label} onclick=${run} ...${about}><${Icon} name=${sign} /></button>`;

// A button whose name says more than its text.
/**
 * @param {Page.Child} text @param {string} name @param {(event: any) => unknown} run
 * @param {Record<string, any>} [about]
 */
export const buttonOf = (text, name, run, about) =>
  html`<button aria-label=${name} onclick=${run} ...${about}>${text}</button>`;

/**
 * @param {{ text: string, isOn: boolean, turn: (isOn: boolean) => void } & Record<string, any>}
 *   about
 */
export const Check = ({ text, isOn, turn, class: kind = "check" }) => html`<label class=${kind}>
  <input type="checkbox" checked=${isOn} onchange=${() => turn(!isOn)} />${text}
</label>`;

// Buttons for choices, of which the chosen one is pressed.
/**
 * @param {{ label: string, choices: (readonly [any, string, ...any])[], value: any,
 *   choose: (value: any) => void, children?: Page.Child } & Record<string, any>} about
 */
export const Switch = ({ label, choices, value, choose, children, ...about }) =>
  html`<span class="switch" role="group" aria-label=${label} ...${about}>
    ${choices.map(
      ([one, words]) =>
        html`<button key=${one} aria-pressed=${String(one === value)} onclick=${() => choose(one)}>
          ${words}
        </button>`,
    )}
    ${children}
  </span>`;

// A list of choices, of which one is selected: value, words and, as a tooltip, what it means.
/**
 * @param {{ label: string, choices: (readonly [string, string, string?])[], value: string,
 *   choose: (value: string) => void } & Record<string, any>} about
 */
export const Choice = ({ label, choices, value, choose, ...about }) => html`<select
  aria-label=${label}
  onchange=${({ currentTarget }) => choose(currentTarget.value)}
  ...${about}
>
  ${choices.map(
    ([one, words, title]) =>
      html`<option key=${one} value=${one} title=${title} selected=${one === value}>
        ${words}
      </option>`,
  )}
</select>`;

// A field that does not change while someone types in it.
/** @param {{ value: any } & Record<string, any>} about */
export function Typed({ value, ...about }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null)),
    shown = useRef(/** @type {any} */ (null));
  const show = () => {
    if (field.current) field.current.value = String((shown.current = value));
  };
  useLayoutEffect(() => {
    if (field.current !== document.activeElement) show();
  });
  const leave = () => value !== shown.current && show(); // what changed meanwhile
  return html`<input ref=${field} onblur=${leave} ...${about} />`;
}

// A small waveform.
/** @param {Parameters<typeof StripCanvas>[0]} about */
export const Strip = (about) => html`<span class="strip">
  ${about.strip && html`<${StripCanvas} ...${about} />`}
</span>`;
