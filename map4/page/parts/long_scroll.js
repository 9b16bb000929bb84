// Scroll position in lists taller than browsers can draw: the scroll bar covers all rows, and small
// movements still scroll by pixels.

const MOST_HIGH = 8_000_000,
  NEAR_ROOMS = 3,
  SETTLED_MS = 150,
  LINE = 36;

export class LongScroll {
  /**
   * @param {HTMLElement} element  the scroller
   * @param {HTMLElement} inner  sets the height of the scroll bar
   * @param {() => void} moved
   */
  constructor(element, inner, moved) {
    this.element = element;
    this.inner = inner;
    this.moved = moved;
    this.top = this.height = this.room = 0; // in px of the full list
    this.at = 0; // last scroll bar position
    this.timer = 0;
    element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    // At the ends of the bar the browser would clip wheel steps.
    element.addEventListener(
      "wheel",
      (event) => {
        if (!this.isMapped || event.ctrlKey || event.shiftKey || !event.deltaY) return;
        event.preventDefault();
        this.to(this.top + event.deltaY * [1, LINE, this.room][event.deltaMode]);
      },
      { passive: false },
    );
  }
  get isMapped() {
    return this.height > MOST_HIGH;
  }
  get most() {
    return Math.max(0, this.height - this.room);
  }
  // Pixels of the list per pixel of the bar.
  get scale() {
    return this.isMapped ? this.most / Math.max(1, MOST_HIGH - this.room) : 1;
  }
  /** @param {number} height  of all rows @param {number} room  visible */
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
  // Moves the bar to the position.
  settle() {
    clearTimeout(this.timer);
    this.element.scrollTop = this.top / this.scale;
    this.at = this.element.scrollTop;
  }
  scrolled() {
    const at = this.element.scrollTop,
      step = at - this.at;
    if (!step) return;
    this.at = at;
    if (!this.isMapped) this.top = at;
    else if (Math.abs(step) > NEAR_ROOMS * this.room)
      this.top = Math.min(this.most, at * this.scale);
    else {
      const isAtEnd = step > 0 ? at >= MOST_HIGH - this.room - 1 : at <= 0,
        left = step > 0 ? this.most - this.top : this.top;
      const far = isAtEnd && left < NEAR_ROOMS * this.room ? Math.sign(step) * left : step;
      this.top = Math.min(this.most, Math.max(0, this.top + far));
      clearTimeout(this.timer);
      this.timer = setTimeout(
        () => {
          if (this.element.scrollTop === this.at) this.settle();
          else this.scrolled();
        },
        isAtEnd ? 0 : SETTLED_MS,
      );
    }
    this.moved();
  }
}
