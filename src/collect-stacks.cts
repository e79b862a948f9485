/**
 * Records who opens what, in a program that was started with `CRAC_COLLECT_FD_STACKTRACES=1`. The preload loads this before the program's first line,
 * in one synchronous step: that is why it is CommonJS and imports nothing.
 *
 * Functions of Node.js that open something are replaced by ones that note where they were called. Nothing is noted of promises and
 * callbacks, so what it costs is one unformatted stack for each opening.
 */
{
  type Call = (this: unknown, ...values: unknown[]) => unknown;
  type Holder = Record<string, Call>;
  interface Trace {
    readonly stack?: string;
    readonly time: number;
  }

  /** Frames that are kept: libraries are deep. */
  const FRAMES = 30;

  const builtin = (name: string): Holder => process.getBuiltinModule(name) as unknown as Holder;
  const objects = new WeakMap<object, Trace>();
  const descriptors = new Map<number, Trace>();
  let isOn = true;

  function trace(): Trace {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = FRAMES;
    const found = { time: Date.now() };
    Error.captureStackTrace(found, trace);
    Error.stackTraceLimit = limit;
    return found;
  }

  function noteObject(object: unknown, found: Trace = trace()): void {
    if (isOn && typeof object === 'object' && object !== null) objects.set(object, found);
  }

  function replace(holder: Holder, name: string, make: (original: Call) => Call): void {
    const original = holder[name];
    if (typeof original !== 'function') return;
    const replacement = make(original);
    Object.defineProperty(replacement, 'name', { value: original.name });
    Object.defineProperty(replacement, 'length', { value: original.length });
    Object.defineProperties(replacement, {
      ...Object.getOwnPropertyDescriptors(original),
    });
    holder[name] = replacement;
  }

  const noteThis = (original: Call): Call =>
    function (this: unknown, ...values) {
      noteObject(this);
      return original.apply(this, values);
    };
  const noteResult = (original: Call): Call =>
    function (this: unknown, ...values) {
      const result = original.apply(this, values);
      noteObject(result);
      return result;
    };

  const net = builtin('node:net') as unknown as Record<string, { readonly prototype: Holder }>;
  const children = builtin('node:child_process') as unknown as Record<string, { readonly prototype: Holder }>;
  const fs = builtin('node:fs');
  const promises = builtin('node:fs/promises');

  for (const [type, name] of [
    [net['Socket'], 'connect'],
    [net['Server'], 'listen'],
    [children['ChildProcess'], 'spawn'],
  ] as const) {
    if (type !== undefined) replace(type.prototype, name, noteThis);
  }
  replace(builtin('node:dgram'), 'createSocket', noteResult);
  for (const name of ['createReadStream', 'createWriteStream', 'watch', 'opendirSync'])
    replace(fs, name, noteResult);
  replace(fs, 'openSync', (original) => {
    return function (this: unknown, ...values) {
      const fd = original.apply(this, values) as number;
      if (isOn) descriptors.set(fd, trace());
      return fd;
    };
  });
  replace(fs, 'open', (original) => {
    return function (this: unknown, ...values) {
      const callback = values.at(-1);
      if (!isOn || typeof callback !== 'function') return original.apply(this, values);
      const found = trace();
      values[values.length - 1] = function (this: unknown, error: unknown, fd: number) {
        if (!error) descriptors.set(fd, found);
        return Reflect.apply(callback, this, [error, fd]);
      };
      return original.apply(this, values);
    };
  });
  for (const name of ['close', 'closeSync']) {
    replace(fs, name, (original) => {
      return function (this: unknown, ...values) {
        descriptors.delete(values[0] as number);
        return original.apply(this, values);
      };
    });
  }
  replace(promises, 'open', (original) => {
    return function (this: unknown, ...values) {
      const found = trace();
      const result = original.apply(this, values) as Promise<object>;
      result.then(
        (handle) => noteObject(handle, found),
        () => {},
      );
      return result;
    };
  });
  (builtin('node:module')['syncBuiltinESMExports'] as Call)();

  const holder = globalThis as { [key: symbol]: unknown };
  const slot = Symbol.for('node-crac.v1');
  if (holder[slot] === undefined) Object.defineProperty(globalThis, slot, { value: Object.create(null) });
  (holder[slot] as Record<string, unknown>)['stacks'] = {
    objects,
    descriptors,
    /** Nothing is noted in a restored process. */
    record(on: boolean) {
      isOn = on;
    },
  };
}
