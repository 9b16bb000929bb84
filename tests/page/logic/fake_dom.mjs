// As much of a browser's elements as modules need to build and change theirs, and Preact to draw.
globalThis.Node = class extends EventTarget {};
globalThis.HTMLButtonElement = class {};
globalThis.devicePixelRatio ??= 1;
globalThis.Path2D ??= class {
  rect() {}
};
globalThis.requestAnimationFrame ??= () => 0; // nothing is painted
globalThis.cancelAnimationFrame ??= () => {};
globalThis.IntersectionObserver ??= class {
  observe() {}
};
globalThis.ResizeObserver ??= class {
  observe() {}
  disconnect() {}
};
class FakeElement extends Node {
  attributes = {};
  children = [];
  style = {
    setProperty(name, value) {
      this[name] = value;
    },
  };
  value = "";
  #text = "";
  written = 0;
  constructor(name) {
    super();
    this.localName = name;
  }
  get textContent() {
    return this.#text;
  }
  set textContent(text) {
    this.#text = text;
    this.written++;
  }
  get childNodes() {
    return this.children;
  }
  get firstChild() {
    return this.children[0] ?? null;
  }
  get nextSibling() {
    const { children } = this.parentNode ?? { children: [] };
    return children[children.indexOf(this) + 1] ?? null;
  }
  get classList() {
    return { toggle() {}, add() {}, remove() {}, contains: () => false };
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  getAttribute(name) {
    return this.attributes[name] ?? null;
  }
  removeAttribute(name) {
    delete this.attributes[name];
  }
  append(...children) {
    for (const child of children) this.insertBefore(child, null);
  }
  insertBefore(child, before) {
    child?.parentNode?.removeChild?.(child);
    const at = this.children.indexOf(before);
    this.children.splice(at < 0 ? this.children.length : at, 0, child);
    if (child instanceof Node) child.parentNode = this;
    return child;
  }
  removeChild(child) {
    this.children = this.children.filter((one) => one !== child);
    child.parentNode = null;
  }
  remove() {
    this.parentNode?.removeChild(this);
  }
  replaceChildren(...children) {
    this.children = [];
    this.append(...children);
  }
  contains(other) {
    return this === other || this.children.some((child) => child.contains?.(other));
  }
  matches(selector) {
    const { class: names = "" } = this.attributes;
    return selector === this.localName || names.split(" ").some((name) => `.${name}` === selector);
  }
  querySelector(selector) {
    for (const child of this.children) {
      const found = child.matches?.(selector) ? child : child.querySelector?.(selector);
      if (found) return found;
    }
    return null;
  }
  querySelectorAll() {
    return [];
  }
  focus() {
    document.activeElement = this;
    for (let at = this; at; at = at.parentNode) at.dispatchEvent(new Event("focusin"));
  }
  getContext() {
    return new Proxy({}, { get: () => () => {} }); // a pen that draws nothing
  }
  scrollIntoView() {}
  checkVisibility() {
    return true;
  }
}
globalThis.getComputedStyle = () => ({ getPropertyValue: () => "" });
globalThis.document = {
  createElement: (name) => new FakeElement(name),
  createElementNS: (_, name) => new FakeElement(name),
  createTextNode: (data) => Object.assign(new FakeElement("#text"), { data, nodeType: 3 }),
  activeElement: null,
};

// The text that Preact has drawn in an element.
export const textOf = ({ data = "", children }) => data + children.map(textOf).join("");
