// The module that linking.py generates from the declarations of all subjects.
import type { ViewKind } from "./app.js";
import type { Places } from "./places.js";

export const VIEWS: ViewKind[];
export const PARTS: { [Place in keyof Places]: { place: Place, needs: string, part: Places[Place] } }[keyof Places][];
