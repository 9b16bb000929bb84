// What TypeScript does not know of the page: it is HTML, so a selector finds HTML elements.
interface ParentNode {
  querySelector<Name extends keyof HTMLElementTagNameMap>(
    name: Name,
  ): HTMLElementTagNameMap[Name] | null;
  querySelector<Found extends Element = HTMLElement>(selectors: string): Found | null;
  querySelectorAll<Name extends keyof HTMLElementTagNameMap>(
    name: Name,
  ): NodeListOf<HTMLElementTagNameMap[Name]>;
  querySelectorAll<Found extends Element = HTMLElement>(selectors: string): NodeListOf<Found>;
}
interface Element {
  closest<Name extends keyof HTMLElementTagNameMap>(name: Name): HTMLElementTagNameMap[Name] | null;
  closest<Found extends Element = HTMLElement>(selectors: string): Found | null;
}
