// The cover of a track; takes no space if there is none.
import { element } from "./element.js";
import { address } from "../source/server.js";

export class Cover {
  /**
   * @param {number} size  longer side in pixels
   * @param {(src: string) => void} [shown]  called when loaded
   */
  constructor(size, shown = () => {}) {
    this.size = size;
    this.element = element("img", {
      alt: "",
      class: "cover",
      hidden: true,
      decoding: "async",
      onload: () => {
        this.element.hidden = false;
        shown(this.element.src);
      },
      onerror: () => {
        this.element.hidden = true;
      },
    });
  }
  /** @param {string | null | undefined} id */
  show(id) {
    const src = id ? address(`tracks/${encodeURIComponent(id)}/cover?size=${this.size}`) : null;
    if (src === this.element.getAttribute("src")) return;
    this.element.hidden = true; // hide the previous track's cover
    if (src) this.element.src = src;
    else this.element.removeAttribute("src");
  }
}
