// What the page uses of Preact.
export interface VNode {
  type: unknown;
  props: Record<string, unknown>;
  key: unknown;
}
export type Child = VNode | string | number | boolean | null | undefined | Child[];
export const options: Record<string, unknown>;
export function h(type: unknown, props: object | null, ...children: unknown[]): VNode;
export function isValidElement(value: unknown): value is VNode;
export function render(child: Child, parent: Element): void;
