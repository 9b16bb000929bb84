// Counts of live lists. Each needs a query, so they load when scrolled into view, a few at a time.
/** @typedef {(now: Served.StoredPlaylist) => void} Call */
// The query parameter that skips these counts in requests for lists.
export const UNCOUNTED = "counted=false";
const AT_ONCE = 4;

export class LiveCounts {
  /** @param {Page.Server} server */
  constructor(server) {
    this.server = server;
    /** @type {WeakMap<Element, { id: string, call: Call }>} */
    this.of = new WeakMap();
    /** @type {Set<Element>} */
    this.wanted = new Set();
    this.isAsking = false;
    this.sight = new IntersectionObserver((seen) => {
      for (const { target, isIntersecting } of seen)
        if (isIntersecting) this.wanted.add(target);
        else this.wanted.delete(target);
      this.ask();
    });
  }
  /** @param {string} id @param {Element} element @param {Call} call */
  watch(id, element, call) {
    this.of.set(element, { id, call });
    this.sight.observe(element);
  }
  async ask() {
    if (this.isAsking) return;
    this.isAsking = true;
    while (this.wanted.size) {
      const some = [...this.wanted].filter((one) => one.isConnected).slice(0, AT_ONCE),
        places = some.flatMap((one) => this.of.get(one) ?? []);
      if (!some.length) {
        this.wanted.clear();
        break;
      }
      for (const one of some) {
        this.wanted.delete(one);
        this.sight.unobserve(one);
      }
      const { lists } = await this.server
        .get(`lists?${places.map(({ id }) => `id=${id}`).join("&")}`)
        .catch(() => ({ lists: [] }));
      for (const now of lists) for (const { id, call } of places) if (id === now.id) call(now);
    }
    this.isAsking = false;
  }
}
