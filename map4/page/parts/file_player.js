// The player of a report. A browser lets only a page that lies on this computer open files that lie there too.
import { element } from "./element.js";

const FROM_A_SERVER = "A page from a server may not open files of your computer: save this page, and open it from there.";
const UNPLAYABLE = "This browser can't play the file: it is not there any more, or of a kind that it does not know.";

export class FilePlayer {
  // `changed()`: another file plays, or none.
  constructor(changed = () => {}) {
    this.changed = changed;
    /** @type {string | null} */
    this.url = null;
    this.audio = element("audio", { controls: true, preload: "none" });
    this.name = element("a", { dir: "auto" });
    this.told = element("p", { role: "status" });
    this.element = element("div", { class: "file-player", role: "region", "aria-label": "Player", hidden: true }, this.name, this.audio, this.told);
    for (const kind of ["play", "pause", "ended"]) this.audio.addEventListener(kind, () => this.changed());
    this.audio.addEventListener("error", () => {
      this.told.textContent = location.protocol === "file:" ? UNPLAYABLE : FROM_A_SERVER;
      this.changed();
    });
  }
  // Plays a file from its beginning; that which plays already is stopped, and goes on the next time.
  /** @param {string} url @param {string} name */
  toggle(url, name) {
    if (this.isPlaying(url)) { this.audio.pause(); return; }
    this.told.textContent = "";
    if (url !== this.url || this.audio.error) {
      this.url = this.audio.src = this.name.href = url;
      this.name.textContent = name;
      this.element.hidden = false;
    }
    this.audio.play().catch(() => {});  // why not, its event "error" says
  }
  /** @param {string | null} url */
  isPlaying(url) { return url !== null && url === this.url && !this.audio.paused && !this.audio.error; }
}

// Puts a button in front of each link to a file.
/** @param {HTMLElement} root @param {FilePlayer} player */
export function playLinks(root, player) {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (root.querySelectorAll('a[href^="file:"]')))
    link.before(element("button", { type: "button", class: "play", "aria-label": `Play ${link.textContent}`,
      onclick: () => player.toggle(link.href, link.textContent ?? "") }, "▶"));
}
