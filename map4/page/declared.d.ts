// The module that linking.py generates from the declarations of all subjects.
import type { App, View, ViewKind } from "./app.js";
import type { Places } from "./places.js";

export const VIEWS: ViewKind[];
export const MAKE: Record<string, (app: App) => View>;
export const later: () => Promise<unknown>;
export const PARTS: { [Place in keyof Places]: { place: Place, needs: string, part: Places[Place] } }[keyof Places][];
