/** Who holds an open object: the way from a socket or a stream up to the objects of libraries and of the program. */

/** Objects that have a property which is the object, or an array with it. */
export type HeldBy = ReadonlyMap<object, readonly object[]>;

/** How far up is looked. */
const LEVELS = 4;

/** More than that is no list of connections. */
const LONGEST_LIST = 1000;

/** Turns round which event emitter holds which. */
export function invert(emitters: readonly object[]): HeldBy {
  const known = new Set(emitters);
  const holders = new Map<object, object[]>();
  for (const holder of emitters) {
    for (const held of emittersIn(holder, known)) {
      if (held !== holder) holders.set(held, [...(holders.get(held) ?? []), holder]);
    }
  }
  return holders;
}

/** All that holds an object directly or by others, the nearest first. */
export function holdersOf(object: object, heldBy: HeldBy): readonly object[] {
  const found = new Set<object>();
  let level: readonly object[] = [object];
  for (let depth = 0; depth < LEVELS && level.length > 0; depth += 1) {
    const above = level.flatMap((each) => heldBy.get(each) ?? []);
    level = above.filter((each) => each !== object && !found.has(each));
    for (const each of level) found.add(each);
  }
  return [...found];
}

/** Functions of the program that hear of an object's events. */
export function listenersOf(object: object): readonly object[] {
  const { _events: events } = object as { readonly _events?: object };
  return Object.values(events ?? {})
    .flat()
    .map((listener: { readonly listener?: unknown }) => listener?.listener ?? listener)
    .filter((listener): listener is object => typeof listener === 'function');
}

/** The class of an object; a function without a name is none. */
export function classOf(object: object): { readonly name: string } | undefined {
  const { constructor: made } = object as { readonly constructor?: unknown };
  return typeof made === 'function' && made.name !== '' ? made : undefined;
}

/** Looks at values only: a getter may do anything. */
function emittersIn(holder: object, known: ReadonlySet<object>): readonly object[] {
  return Object.values(Object.getOwnPropertyDescriptors(holder))
    .concat(symbolsOf(holder))
    .flatMap(({ value }) => (Array.isArray(value) && value.length <= LONGEST_LIST ? value : [value]))
    .filter((value) => known.has(value));
}

function symbolsOf(holder: object): readonly PropertyDescriptor[] {
  return Object.getOwnPropertySymbols(holder).flatMap(
    (key) => Object.getOwnPropertyDescriptor(holder, key) ?? [],
  );
}
