// What the page uses of @preact/signals.
export interface Signal<Value> {
  value: Value;
  peek(): Value;
  subscribe(act: (value: Value) => void): () => void;
}
export type ReadonlySignal<Value> = Readonly<Signal<Value>>;
export function signal<Value>(first: Value): Signal<Value>;
export function computed<Value>(make: () => Value): ReadonlySignal<Value>;
export function effect(act: () => void | (() => void)): () => void;
export function batch<Value>(act: () => Value): Value;
export function useSignal<Value>(first: Value): Signal<Value>;
