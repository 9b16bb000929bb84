// The player of a report. Browsers allow only local pages to open local files.
import { dom, element } from "./element.js";

const FROM_A_SERVER =
  "Pages from a server can't open files on your computer. Save this page and open the saved copy.";
const UNPLAYABLE = "This browser can't play the file: it is missing or has an unsupported format.";

export class FilePlayer {
  changed = () => {}; // called when another file starts or playback stops
  constructor() {
    /** @type {string | null} */
    this.url = null;
    this.audio = element("audio", { controls: true, preload: "none" });
    this.name = element("a", { dir: "auto" });
    this.status = element("p", { role: "status" });
    this.element = dom`<div class="file-player" role="region" aria-label="Player" hidden>
      ${this.name}
      ${this.audio}
      ${this.status}
    </div>`;
    for (const kind of ["play", "pause", "ended"])
      this.audio.addEventListener(kind, () => this.changed());
    this.audio.addEventListener("error", () => {
      this.status.textContent = location.protocol === "file:" ? UNPLAYABLE : FROM_A_SERVER;
      this.changed();
    });
  }
  // Plays a file from its start; a playing file is paused and resumes the next time.
  /** @param {string} url @param {string} name */
  toggle(url, name) {
    if (this.isPlaying(url)) {
      this.audio.pause();
      return;
    }
    this.status.textContent = "";
    if (url !== this.url || this.audio.error) {
      this.url = this.audio.src = this.name.href = url;
      this.name.textContent = name;
      this.element.hidden = false;
    }
    this.audio.play().catch(() => {}); // the "error" event reports failures
  }
  /** @param {string | null} url */
  isPlaying(url) {
    return url !== null && url === this.url && !this.audio.paused && !this.audio.error;
  }
}

// Adds a play button in front of each file link.
/** @param {HTMLElement} root @param {FilePlayer} player */
export function playLinks(root, player) {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (
    root.querySelectorAll('a[href^="file:"]')
  ))
    link.before(
      dom`<button
        class="play"
        aria-label=${`Play ${link.textContent}`}
        onclick=${() => player.toggle(link.href, link.textContent ?? "")}
      >
        ▶
      </button>`,
    );
}
