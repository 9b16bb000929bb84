// Types shared by the views of the live page.

/**
 * @typedef {object} App
 * @property {Page.Server} server
 * @property {Page.ServedSource} source  the tracks; open before any view is created
 * @property {Page.Selection} selection  the selected rows, shared by all views
 * @property {Page.Acts} acts  commands with their keys
 * @property {Page.Jobs} jobs  the server's jobs
 * @property {Page.OwnMarks} marks  the user's marks on tracks
 * @property {Page.Changes} changes  changes reported by the server
 * @property {Page.Tooltip} tooltip
 * @property {Page.Player} player  audio playback
 * @property {OpenSet} set  the list being edited
 * @property {Page.QueryBox} box  the search box in the header
 * @property {Slots} slots  parts of the frame, visible in every view
 * @property {(text: string, undo?: Page.Undo) => void} say  shows a message, also to screen
 *   readers, with an Undo button if `undo` is given
 * @property {<Result>(run: () => Result | Promise<Result>, what?: string,
 *   value?: Page.NewValue) => Promise<Result | undefined>} tried  runs it; errors are shown as
 *   messages. If the server did not respond, it can be run again, and must do the same then.
 *   what: the change that it makes, which then waits for the server
 * @property {<Place extends keyof Page.Places>(place: Place) => Page.Places[Place][]} added  the
 *   parts that subjects add to a place, limited by the user's rights
 * @property {(address: string, how?: { replace?: boolean }) => void} go  opens an address below the
 *   root, such as "lists/l-12" or "?q=house"
 *
 * @typedef {object} OpenSet  actions of other views on the list being edited
 * @property {() => { id: string } | null} list  the open list
 * @property {(rows: Page.Id[], title?: string) => Promise<void>} add  adds at the end, or to a new
 *   list if none is open, and shows it
 * @property {(track: string, title: string) => Promise<unknown>} put  the same for one track by id
 * @property {(folds: boolean) => void} [fold]  for a view that needs the room
 *
 * @typedef {object} Slots
 * @property {HTMLElement} side  left of the view
 * @property {HTMLElement} set  right of it
 * @property {HTMLElement} player  below everything
 *
 * @typedef {object} At  the address of a view, parsed
 * @property {string | null} id  the part after the view's name
 * @property {URLSearchParams} params
 *
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(at: At) => Promise<void> | void} show  called when the address is or becomes one of
 *   this view's
 * @property {() => void} [leave]  called before another view is shown
 * @property {(query: string, isDone: boolean) => void} [ask]  receives the text of the search box;
 *   without it, Enter opens Browse
 * @property {(done: () => void) => Page.Child} [gate]  a step required before the view can
 *   be shown
 * @property {boolean} [isEmpty]  nothing is shown that a typed query could keep
 * @property {() => void} [enter]  moves the focus from the search box into the view
 *
 * @typedef {object} ViewKind  as declared by its subject (`View` in map4/core/base/declaration.py)
 * @property {string} name
 * @property {string} title
 * @property {string} path  the first part of its addresses
 * @property {string} key  opens the view after "g"; "" for none
 * @property {string} needs  the scope required to list it in the menu; "" for none
 * @property {boolean} isInMenu
 * @property {boolean} needsAccounts  not in the menu while there are no accounts
 */
export {};
