/** An error as plain data that survives JSON. */
export interface DescribedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly details?: unknown;
  /** The causes of a collecting exception. */
  readonly errors?: readonly DescribedError[];
  readonly cause?: DescribedError;
  readonly stack?: string;
}

/** Deepest level of causes that is described. */
const DEPTH_LIMIT = 8;

/** Describes an error and everything that led to it as plain data, so that it can be sent to another process. */
export function describeError(error: unknown): DescribedError {
  return describe(error, DEPTH_LIMIT);
}

function describe(error: unknown, depth: number): DescribedError {
  if (!(error instanceof Error)) return { name: 'Error', message: text(error) };
  const { name, message, stack } = error;
  const { code, details, errors, cause } = error as {
    code?: unknown;
    details?: unknown;
    errors?: unknown;
    cause?: unknown;
  };
  const goDeeper = depth > 0;
  return {
    name: String(name),
    message: String(message),
    ...(typeof code === 'string' && { code }),
    ...(details !== undefined && { details: plain(details) }),
    ...(goDeeper && Array.isArray(errors) && { errors: errors.map((inner) => describe(inner, depth - 1)) }),
    ...(goDeeper && cause !== undefined && cause !== null && { cause: describe(cause, depth - 1) }),
    ...(typeof stack === 'string' && { stack }),
  };
}

/** The value as JSON would carry it; text when it can't. */
function plain(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return text(value);
  }
}

function text(value: unknown): string {
  return typeof value === 'object' ? Object.prototype.toString.call(value) : String(value);
}
