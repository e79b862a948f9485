/** The requests of `crac prepare` and `crac resume`. Earlier servers of this version of the protocol reject them as unknown. */

/** Asks a process to be ready for a snapshot that somebody else takes. */
export interface PrepareRequest {
  readonly request: 'prepare';
  /** Milliseconds for everything. */
  readonly timeout?: number;
  /** Milliseconds that HTTP requests in progress have to end. */
  readonly drainTimeout?: number;
  /** Milliseconds within which the process has to be resumed. */
  readonly deadline?: number;
  readonly keepSecrets?: boolean;
}

/** Asks a prepared process to go on. */
export interface ResumeRequest {
  readonly request: 'resume';
  /** As if there had been no snapshot; all other members are for a restored process. */
  readonly original?: boolean;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Add the variables to those of the process. */
  readonly merge?: boolean;
  readonly cwd?: string;
}

type Read<Message> = { readonly message: Message } | { readonly problem: string };

/** Reads the members of a request to prepare. */
export function readPrepareRequest(members: Readonly<Record<string, unknown>>): Read<PrepareRequest> {
  const { timeout, drainTimeout, deadline, keepSecrets } = members;
  if (!isOptional(timeout, isNumber)) return { problem: '"timeout" is not a number' };
  if (!isOptional(drainTimeout, isNumber)) return { problem: '"drainTimeout" is not a number' };
  if (!isOptional(deadline, isNumber)) return { problem: '"deadline" is not a number' };
  if (!isOptional(keepSecrets, isBoolean)) return { problem: '"keepSecrets" is not true or false' };
  return {
    message: {
      request: 'prepare',
      ...(timeout !== undefined && { timeout }),
      ...(drainTimeout !== undefined && { drainTimeout }),
      ...(deadline !== undefined && { deadline }),
      ...(keepSecrets !== undefined && { keepSecrets }),
    },
  };
}

/** Reads the members of a request to resume. */
export function readResumeRequest(members: Readonly<Record<string, unknown>>): Read<ResumeRequest> {
  const { original, args, env, merge, cwd } = members;
  if (!isOptional(original, isBoolean)) return { problem: '"original" is not true or false' };
  if (!isOptional(args, isTexts)) return { problem: '"args" is not a list of texts' };
  if (!isOptional(env, isVariables)) return { problem: '"env" is not an object of texts' };
  if (!isOptional(merge, isBoolean)) return { problem: '"merge" is not true or false' };
  if (!isOptional(cwd, isText)) return { problem: '"cwd" is not a path' };
  return {
    message: {
      request: 'resume',
      ...(original !== undefined && { original }),
      ...(args !== undefined && { args }),
      ...(env !== undefined && { env }),
      ...(merge !== undefined && { merge }),
      ...(cwd !== undefined && { cwd }),
    },
  };
}

function isOptional<Value>(
  value: unknown,
  isOne: (value: unknown) => value is Value,
): value is Value | undefined {
  return value === undefined || isOne(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isVariables(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isText)
  );
}
