// Forms that send requests. Input stays until the request succeeds; errors are shown below the
// fields.
import { html, resource, useLayoutEffect, useMemo, useRef, useSignal } from "./html.js";
import { LATE, messageOf } from "./wording.js";

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {"text" | "lines" | "password" | "select" | "check" | "checks" | "hidden" | "file"
 *   | "datetime-local"} [type]
 * @property {string} [value]  for "datetime-local": as 2026-11-21T22:00, in local time
 * @property {[string, string][]} [choices]  for "select" and "checks": value and label
 * @property {[string, string][]} [others]  for "select", below all choices
 * @property {string[]} [chosen]  for "checks"
 * @property {string} [autocomplete]
 * @property {string} [hint]
 * @property {string} [accept]  kinds of files
 * @property {number} [least]  minimum length
 * @property {boolean} [isOptional]  may be empty
 * @property {(input: HTMLInputElement) => Node} [above]  more controls of the same value
 *
 * @typedef {Record<string, any>} Values  strings; for "check" a boolean, for "checks" an array
 *
 * @typedef {object} AboutForm
 * @property {Field[]} [fields]
 * @property {(values: Values) => Field[]} [more]  further fields, which depend on those above
 * @property {(values: Values) => Promise<Page.Child>} [preview]  the effect of the values,
 *   requested while typing
 * @property {Page.Child} [text]  above the fields of a dialog
 * @property {string} submit  the submit button's label
 * @property {(values: Values) => Promise<unknown>} [done]  in a dialog, a returned template
 *   replaces the form
 * @property {boolean} [isGrave]  can't be undone
 * @property {boolean} [isSudden]  a dialog that appears while somebody may be typing
 * @property {string} [class]  of a dialog
 * @property {(() => void) | null} [leave]  adds a Cancel button that calls this, which dialogs have
 *   unless it is null
 */

const TYPED_MS = 250;
let fieldCount = 0;

/** @param {AboutForm} about */
export function Form({
  fields = [],
  more = () => [],
  submit,
  done = async () => {},
  isGrave = false,
  leave,
  preview,
}) {
  const host = useRef(/** @type {HTMLFormElement | null} */ (null)),
    timer = useRef(0),
    others = useSignal(/** @type {Field[]} */ ([])),
    previewed = useMemo(() => /** @type {Page.Resource<Page.Child>} */ (resource()), []),
    problem = useSignal(""),
    isBusy = useSignal(false),
    isPlain = useSignal(false); // passwords are shown
  /** @param {Field[]} all @returns {Values} */
  function valuesOf(all) {
    const data = new FormData(host.current ?? undefined);
    return Object.fromEntries(
      all.map(({ name, type }) => [
        name,
        type === "checks" ? data.getAll(name) : type === "check" ? data.has(name) : data.get(name),
      ]),
    );
  }
  const values = () => valuesOf([...fields, ...others.peek()]),
    previews = () => preview && previewed.ask(preview(values())),
    draw = () => {
      others.value = more(valuesOf(fields));
    };
  useLayoutEffect(() => {
    draw();
    previews();
    return () => clearTimeout(timer.current);
  }, []);

  /** @param {Event} event */
  function changed({ target }) {
    const { name } = /** @type {HTMLInputElement} */ (target);
    if (fields.some((field) => field.name === name)) draw();
  }
  function typed() {
    problem.value = "";
    clearTimeout(timer.current);
    timer.current = setTimeout(previews, TYPED_MS);
  }
  /** @param {Event} event */
  async function sent(event) {
    event.preventDefault();
    if (isBusy.value) return;
    isBusy.value = true;
    problem.value = "";
    try {
      await done(values());
      host.current?.reset();
    } catch (error) {
      clearTimeout(timer.current);
      previewed.set(null); // it would say the same
      problem.value = messageOf(error);
      const secret = /** @type {HTMLInputElement | null | undefined} */ (
        host.current?.querySelector("input[autocomplete=current-password]")
      );
      secret?.focus();
      secret?.select();
    } finally {
      isBusy.value = false;
    }
  }
  const shown = (/** @type {Field} */ field) =>
    html`<${FieldOf} key=${field.name} ...${field} isPlain=${isPlain.value} />`;
  const { error, isAsking, value } = previewed;
  return html`<form
    method="post"
    ref=${host}
    onsubmit=${sent}
    onchange=${changed}
    oninput=${typed}
  >
    ${fields.map(shown)}
    <div key=${others.value}>${others.value.map(shown)}</div>
    ${
      fields.some(({ type }) => type === "password") &&
      html`<p class="check">
        <label>
          <input type="checkbox" onchange=${() => (isPlain.value = !isPlain.value)} />
          Show what I type
        </label>
      </p>`
    }
    ${
      preview &&
      html`<output class="small" aria-live="polite">
        ${isAsking ? LATE : error ? html`<p class="told">${messageOf(error)}</p>` : value}
      </output>`
    }
    <p class="told" role="alert">${problem.value}</p>
    <p class="buttons">
      <button type="submit" class=${isGrave ? "grave" : "main"} disabled=${isBusy.value}>
        ${submit}
      </button>
      ${leave && html`<button onclick=${leave}>Cancel</button>`}
    </p>
  </form>`;
}

/** @param {Field & { isPlain: boolean }} field */
function FieldOf({
  name,
  label,
  type = "text",
  value,
  choices = [],
  others = [],
  chosen = [],
  autocomplete,
  hint,
  accept,
  least,
  isOptional = false,
  above,
  isPlain,
}) {
  const host = useRef(/** @type {HTMLElement | null} */ (null)),
    id = useMemo(() => `f${++fieldCount}`, []);
  useLayoutEffect(() => {
    const input = host.current?.querySelector("input");
    if (above && input) host.current?.before(above(input));
  }, []);
  const about = hint ? `${id}-hint` : undefined,
    note = hint && html`<small id=${about}>${hint}</small>`,
    own = { id, name, "aria-describedby": about },
    typed = { ...own, required: !isOptional, spellcheck: false, dir: "auto", defaultValue: value };
  if (type === "check")
    return html`<p class="check">
      <label><input ...${own} type="checkbox" defaultChecked=${value === "yes"} />${label}</label>
      ${note}
    </p>`;
  if (type === "checks")
    return html`<fieldset>
      <legend>${label}</legend>
      ${choices.map(
        ([one, words]) =>
          html`<label class="check">
            <input
              type="checkbox"
              name=${name}
              value=${one}
              defaultChecked=${chosen.includes(one)}
            />
            ${words}
          </label>`,
      )}
    </fieldset>`;
  const option = (/** @type {[string, string]} */ [one, words]) =>
    html`<option value=${one} defaultSelected=${one === value}>${words}</option>`;
  const isShown = type === "hidden" || (type === "password" && isPlain),
    input =
      type === "select"
        ? html`<select ...${own}>
          ${choices.map(option)}
          ${others.length > 0 && html`<optgroup label="Other">${others.map(option)}</optgroup>`}
        </select>`
        : type === "lines"
          ? html`<textarea ...${typed} rows="3" />`
          : html`<input
            ...${typed}
            type=${isShown ? "text" : type}
            autocomplete=${autocomplete}
            accept=${accept}
            minlength=${least}
            maxlength="1024"
            autocapitalize="none"
          />`;
  return html`<p ref=${host} hidden=${type === "hidden"}>
    <label for=${id}>${label}</label>${input}${note}
  </p>`;
}
