// The place in a list that may be higher than a browser can draw: its scroll bar stands for all rows, a small movement
// of it still moves as far as the hand did.

const MOST_HIGH = 8_000_000, NEAR_ROOMS = 3, SETTLED_MS = 150, LINE = 36;

export class LongScroll {
  /** @param {HTMLElement} element  what scrolls @param {HTMLElement} inner  as high as its bar shall say @param {() => void} moved */
  constructor(element, inner, moved) {
    this.element = element;
    this.inner = inner;
    this.moved = moved;
    this.top = this.height = this.room = 0;  // as if all rows stood there, in px
    this.at = 0;  // where the bar was seen last
    this.timer = 0;
    element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    // At the ends of the bar a step of the wheel would be cut short there.
    element.addEventListener("wheel", (event) => {
      if (!this.isMapped || event.ctrlKey || event.shiftKey || !event.deltaY) return;
      event.preventDefault();
      this.to(this.top + event.deltaY * [1, LINE, this.room][event.deltaMode]);
    }, { passive: false });
  }
  get isMapped() { return this.height > MOST_HIGH; }
  get most() { return Math.max(0, this.height - this.room); }
  // How many px of the list a px of the bar stands for.
  get scale() { return this.isMapped ? this.most / Math.max(1, MOST_HIGH - this.room) : 1; }
  /** @param {number} height  of all @param {number} room  in sight */
  size(height, room) {
    const { top } = this;
    if (height === this.height && room === this.room) return;
    [this.height, this.room] = [height, room];
    this.inner.style.height = `${Math.min(height, MOST_HIGH)}px`;
    this.top = Math.min(top, this.most);
    this.settle();
  }
  /** @param {number} top */
  to(top) {
    this.top = Math.min(this.most, Math.max(0, top));
    this.settle();
    this.moved();
  }
  // Puts the bar where the place is.
  settle() {
    clearTimeout(this.timer);
    this.element.scrollTop = this.top / this.scale;
    this.at = this.element.scrollTop;
  }
  scrolled() {
    const at = this.element.scrollTop, step = at - this.at;
    if (!step) return;
    this.at = at;
    if (!this.isMapped) this.top = at;
    else if (Math.abs(step) > NEAR_ROOMS * this.room) this.top = Math.min(this.most, at * this.scale);
    else {
      const isAtEnd = step > 0 ? at >= MOST_HIGH - this.room - 1 : at <= 0, left = step > 0 ? this.most - this.top : this.top;
      const far = isAtEnd && left < NEAR_ROOMS * this.room ? Math.sign(step) * left : step;
      this.top = Math.min(this.most, Math.max(0, this.top + far));
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { if (this.element.scrollTop === this.at) this.settle(); else this.scrolled(); }, isAtEnd ? 0 : SETTLED_MS);
    }
    this.moved();
  }
}
