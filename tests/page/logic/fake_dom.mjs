// As much of a browser's elements as modules need to build and change theirs.
globalThis.Node = class extends EventTarget {};
globalThis.HTMLButtonElement = class {};
class FakeElement extends Node {
  attributes = {};
  children = [];
  style = {};
  value = "";
  #text = "";
  written = 0;
  get textContent() {
    return this.#text;
  }
  set textContent(text) {
    this.#text = text;
    this.written++;
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  removeAttribute(name) {
    delete this.attributes[name];
  }
  append(...children) {
    this.children.push(...children);
  }
  replaceChildren(...children) {
    this.children = children;
  }
  querySelector() {
    return null;
  }
  scrollIntoView() {}
}
globalThis.getComputedStyle = () => ({ getPropertyValue: () => "" });
globalThis.document = { createElement: () => new FakeElement(), activeElement: null };
