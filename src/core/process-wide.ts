/**
 * State that all copies of the package in one process share: one global context, one checkpoint at a time. It lives under one
 * registered symbol; its layout may only grow.
 */
const SLOTS = Symbol.for('node-crac.v1');

type Slots = Record<string, unknown>;

/** The shared value called `name`, made by `create` when nobody has asked for it before. */
export function processWide<Value>(name: string, create: () => Value): Value {
  const slots = sharedSlots();
  if (!(name in slots)) slots[name] = create();
  return slots[name] as Value;
}

/** The shared value called `name`, if anybody has asked for it. */
export function sharedValue<Value>(name: string): Value | undefined {
  return sharedSlots()[name] as Value | undefined;
}

function sharedSlots(): Slots {
  const holder = globalThis as { [SLOTS]?: Slots };
  if (holder[SLOTS] === undefined) Object.defineProperty(globalThis, SLOTS, { value: createSlots() });
  return holder[SLOTS] as Slots;
}

/** V8 looks up properties of such an object by name from the start, and so has nothing to learn anew when one is added. */
function createSlots(): Slots {
  return Object.create(null);
}
