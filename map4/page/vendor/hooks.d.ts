// What the page uses of Preact's hooks.
export function useEffect(act: () => void | (() => void), when?: unknown[]): void;
export function useLayoutEffect(act: () => void | (() => void), when?: unknown[]): void;
export function useMemo<Value>(make: () => Value, when?: unknown[]): Value;
export function useRef<Value>(first: Value): { current: Value };
