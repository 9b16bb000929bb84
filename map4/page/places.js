// Where subjects add parts to the views of others, and what each place takes.
/** @import { App } from "./app.js" */
/** @import { Job } from "./source/jobs.js" */
/**
 * @typedef {object} Places  a part is declared (`PagePart` in map4/base/declaration.py), and exported under the name of its place
 * @property {(app: App) => void} frame  around all views, once somebody is logged in
 * @property {(app: App) => HTMLElement} lists  beside what makes a new list
 * @property {(app: App) => HTMLElement} played  above the lists that were played
 * @property {(app: App) => Section} work
 * @property {(app: App) => WorkTop} work_top  above the view Work
 * @property {(app: App) => ExchangeRow} exchange  what comes into the library and goes out of it
 * @property {Record<string, JobWords>} jobs  kinds of jobs
 * @property {(app: App, changed: () => void) => Mending} mend
 *
 * @typedef {object} Section  of the view Work
 * @property {HTMLElement} element
 * @property {() => Promise<void>} load
 * @property {() => void} [later]  the library changed
 *
 * @typedef {object} WorkTop
 * @property {HTMLElement} element
 * @property {() => void} show
 * @property {() => void} leave
 *
 * @typedef {object} ExchangeRow
 * @property {string} title
 * @property {string} text  what it is for
 * @property {HTMLElement} act
 * @property {HTMLElement} [note]  below all rows
 * @property {() => Promise<void>} [load]
 *
 * @typedef {object} JobWords
 * @property {string} title
 * @property {(job: Job) => string} [about]  what a job of this kind is about
 * @property {(result: Record<string, any>) => string} [came]  what came of it
 * @property {(job: Job, about: string) => HTMLElement} [act]  of one that is completed
 *
 * @typedef {object} Mending  what can be mended: `element`, or rows to choose from
 * @property {string} name  in the address
 * @property {string} title  in the list of what was found
 * @property {string} head
 * @property {string} [advice]
 * @property {boolean} [isCheck]  listed only when the doctor finds something
 * @property {() => Promise<number>} [count]  listed only when there is something
 * @property {HTMLElement} [element]
 * @property {() => Promise<unknown>} [show]
 * @property {(limit: number) => Promise<{ rows: Finding[], count: number }>} [rows]
 * @property {[string, string, (choices: Choice[]) => Choice | undefined][]} [acts]  of all rows at once: title, words, choice
 *
 * @typedef {object} Finding  as `GET /doctor` has it
 * @property {string} check
 * @property {string} path
 * @property {string | null} audio_id
 * @property {string | null} artist
 * @property {string | null} title
 * @property {string} detail
 * @property {Choice[]} choices
 * @property {Dispute[]} [disputes]
 * @property {string[]} [ids]  of all that it is said of, where these are several
 * @property {string} [about]  the album or genre, of a finding about one
 * @property {number} [count]  of how many tracks such a finding is
 *
 * @typedef {object} Choice
 * @property {string} label  what is done, in words
 * @property {Record<string, any> | null} [values]  what is set; nothing can be chosen of what sets nothing
 * @property {string[]} [audio_ids]  of which tracks, where the finding is of several
 * @property {string} [query]  which finds those, where these are many
 * @property {boolean} [respell]  whether only genres are replaced that are spelled otherwise
 * @property {string} [text]  what stands on it, if not the label
 * @property {string} [caption]  above it: who says so
 * @property {string} [hint]  why, for who points at it
 * @property {() => Promise<() => Promise<unknown>>} [act]  does it, where that sets no values; gives what takes it back
 *
 * @typedef {{ who: string, value: string | number, score: number | null, counts: boolean }} Saying
 * @typedef {{ field: string, words: string, can_set: boolean, said: Saying[] }} Dispute
 */
export {};
