/** Modules of Node, got without loading one that the program has not loaded. */

/** Node's list of everything that it has loaded so far; `undefined` if some Node has it no more. */
const LOADED = (process as unknown as { readonly moduleLoadList?: readonly string[] }).moduleLoadList;

/** A module of Node that this program uses, or `undefined` if it does not. */
export function usedBuiltin<Module>(name: string): Partial<Module> | undefined {
  if (LOADED !== undefined && !LOADED.includes(`NativeModule ${name}`)) return undefined;
  return process.getBuiltinModule(name) as Partial<Module> | undefined;
}
