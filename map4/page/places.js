// The places where subjects add parts to other views.
/**
 * @typedef {object} Places  parts are declared (`PagePart` in map4/core/base/declaration.py), and
 *   exported under the name of the place
 * @property {(app: Page.App) => void} room  keeps room for a part of the frame, before any view
 * @property {(app: Page.App) => void} frame  around all views, after the first is shown
 * @property {(app: Page.App) => HTMLElement} played  above the played lists
 * @property {(app: Page.App) => Section} work
 * @property {(app: Page.App) => ExchangeRow} exchange  imports and exports
 * @property {(app: Page.App) => ExchangeRow} tools
 * @property {Record<string, JobWords>} jobs  kinds of jobs
 * @property {(track: Served.Track, app: Page.App, edit?: EditExtras) => Page.Lane} lane
 * @property {(app: Page.App, changed: () => void) => Mending} mend
 * @property {(app: Page.App, changed: () => void) => CopyActs} copies
 *
 * @typedef {(extras: object, what: string, send: () => Promise<void>) => unknown} EditExtras
 *   shows and stores a change of a lane, which is below the waveform
 *
 * @typedef {object} Section  a section of Work
 * @property {() => Page.Child} View
 * @property {() => Promise<void>} load
 *
 * @typedef {object} ExchangeRow
 * @property {string} title
 * @property {string} text  its purpose
 * @property {[string, () => unknown][]} acts  buttons
 * @property {{ value: string }} [note]  a signal: what was done last
 * @property {() => Promise<void>} [load]
 *
 * @typedef {object} JobWords
 * @property {string} title
 * @property {(job: Served.Job) => string} [about]  what a job works on
 * @property {(result: Record<string, any>) => string} [summary]  the result in words
 * @property {(job: Served.Job, about: string) => Page.Child} [act]  action of a completed job
 *
 * @typedef {object} Mending  a part of Clean up: a `View`, or rows with choices
 * @property {string} name  name in the URL
 * @property {string} title  title in the list of checks
 * @property {string} head
 * @property {string} [advice]
 * @property {boolean} [isCheck]  listed only if the doctor check has findings
 * @property {() => Promise<number>} [count]  listed only if not 0
 * @property {(about: { count?: number }) => Page.Child} [View]  count: of the findings of its check
 * @property {() => Promise<unknown>} [show]
 * @property {(limit: number) => Promise<{ rows: Finding[], count: number }>} [rows]
 * @property {[string, string, (choices: Choice[]) => Choice | undefined][]} [acts]  actions on all
 *   rows: title, message, choice
 *
 * @typedef {Omit<Served.Finding, "schema" | "subject" | "command" | "choices"> & {
 *   choices: Choice[], ids?: string[] }} Finding  ids: the tracks, if there are several
 *
 * @typedef {Pick<Served.Choice, "label" | "audio_ids" | "query" | "respell" | "tempo_range">
 *   & ChoiceAct} Choice
 * @typedef {object} ChoiceAct
 * @property {Record<string, any> | null} [values]  the values to set; without them the choice can't
 *   be selected
 * @property {string} [text]  the button text, if not the label
 * @property {string} [caption]  caption above: the source
 * @property {string} [hint]  tooltip: the reason
 * @property {() => Promise<() => Promise<unknown>>} [act]  the action if it sets no values; returns
 *   its undo
 *
 * @typedef {object} CopyActs  actions on groups of copies
 * @property {() => Promise<unknown>} load
 * @property {(spare: string) => string} lead  after their number; spare: the size of copies
 * @property {() => Page.Child} all  above all groups
 * @property {(members: Served.Member[], name: string) => Page.Child} group  beside its name
 * @property {() => Page.Child} below
 */
export {};
