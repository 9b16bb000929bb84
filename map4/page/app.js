// What the live page's views are made with, and what they are.
/** @import { Server } from "./source/server.js" */
/** @import { ServedSource } from "./source/served.js" */
/** @import { Jobs } from "./source/jobs.js" */
/** @import { Id } from "./source/source.js" */
/** @import { Acts } from "./parts/acts.js" */
/** @import { OwnMarks } from "./parts/marks.js" */
/** @import { Player } from "./parts/player.js" */
/** @import { Selection } from "./parts/selection.js" */
/** @import { Undo } from "./parts/toasts.js" */
/** @import { Tooltip } from "./parts/tooltip.js" */
/** @import { QueryBox } from "./parts/query_box.js" */
/** @import { Places } from "./places.js" */

/**
 * @typedef {object} App
 * @property {Server} server
 * @property {ServedSource} source  the tracks; there before a view is made
 * @property {Selection} selection  the rows that are selected, in every view
 * @property {Acts} acts  what can be done, with its keys
 * @property {Jobs} jobs  what the server works on
 * @property {OwnMarks} marks  one's own, which tracks have
 * @property {EventTarget} changes  what the server tells (`Changes` in source/changes.js)
 * @property {Tooltip} tooltip
 * @property {Player} player  what is heard
 * @property {OpenSet | null} set  the list that is worked on; there as soon as somebody is logged in
 * @property {QueryBox} box  in the head of every view
 * @property {Slots} slots  of the frame, where a part stands in every view
 * @property {(text: string, undo?: Undo) => void} say  told to the eye and to screen readers; what has an undo offers it
 * @property {<Place extends keyof Places>(place: Place) => Places[Place][]} added  what subjects add to a place, as far as the reader's rights go
 * @property {(address: string, how?: { replace?: boolean }) => void} go  to an address below the root, such as "lists/l-12" or "?q=house"
 *
 * @typedef {object} OpenSet  what other views do with the list that is worked on
 * @property {() => void} shows
 * @property {(rows: Id[]) => Promise<void>} add  behind its last track; into a new list where none is open
 * @property {(track: string, title: string) => Promise<unknown>} put  the same, of one track by its id
 *
 * @typedef {object} Slots
 * @property {HTMLElement} query  in the head
 * @property {HTMLElement} side  left of the view
 * @property {HTMLElement} set  right of it
 * @property {HTMLElement} player  below all
 *
 * @typedef {object} At  an address, as a view reads it
 * @property {string | null} id  what follows the view's own name
 * @property {URLSearchParams} params
 *
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(at: At) => Promise<void> | void} show  the address is this view's, or another of this view's
 * @property {() => void} [leave]  another view comes
 * @property {(query: string, isDone: boolean) => void} [ask]  what is typed in the box; without it, Enter leads to Browse
 * @property {(done: () => void) => HTMLElement | null} [gate]  what must be done before there is something to show
 * @property {() => void} [enter]  from the box down into the view
 *
 * @typedef {object} ViewKind  as its subject declares it (`View` in map4/base/declaration.py)
 * @property {string} name
 * @property {string} title
 * @property {string} path  the first part of its addresses
 * @property {string} key  goes there, behind "g"; "" is none
 * @property {string} needs  the scope without which the menu leaves it out; "" is none
 * @property {boolean} isInMenu
 * @property {(app: App) => View} make
 */
export {};
