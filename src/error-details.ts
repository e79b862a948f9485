/** A package, as its own `package.json` names it. */
export interface PackageReference {
  readonly name: string;
  readonly version?: string;
}

/** Who opened something, recorded with `CRAC_COLLECT_FD_STACKTRACES=1` only. */
export interface OpenedDetails {
  /** Frames of the call that opened it, one a line, as V8 writes them. */
  readonly stack: string;
  /** When that was, in ISO 8601. */
  readonly time: string;
  /** First place on the stack that is neither of Node.js nor of this package: `path:line:column`. */
  readonly location?: string;
  /** The package to which that place belongs. */
  readonly owner?: PackageReference;
}

/** What is known about one open descriptor that cannot travel in an image. */
export interface OpenDescriptorDetails {
  readonly fd: number;
  /** What it is: `file`, `socket`, `inotify`, ... */
  readonly kind: string;
  /** Target of `/proc/self/fd/N`: a path, `socket:[inode]`, `anon_inode:[name]`, ... */
  readonly target: string;
  /** Path of a file, directory or fifo. */
  readonly path?: string;
  /** Protocol of a socket: `tcp`, `udp`, `unix`, ... */
  readonly protocol?: string;
  readonly localAddress?: string;
  readonly remoteAddress?: string;
  /** The JavaScript object behind it and who holds that: `net.Socket, held by Client of pg 8.16.3`. */
  readonly holder?: string;
  /** The library to which it belongs, as far as that can be told. */
  readonly owner?: PackageReference;
  readonly opened?: OpenedDetails;
  /** What the program can do about it; a clause that begins in lower case. */
  readonly advice: string;
}

/** One child process that is still there. */
export interface ChildProcessDetails {
  readonly pid: number;
  /** The program, when it is known. */
  readonly command?: string;
  /** Whether `node:cluster` started it. */
  readonly isClusterWorker?: boolean;
  readonly opened?: OpenedDetails;
}

/** The two notifications that a resource receives. */
export const PHASES = ['beforeCheckpoint', 'afterRestore'] as const;
export type Phase = (typeof PHASES)[number];

/** The facts of every error, by code. The table in `errors.ts` makes sentences of them. */
export interface ErrorDetails {
  readonly ERR_CRAC_AGENT_INCOMPATIBLE: { readonly path: string; readonly reason: string };
  readonly ERR_CRAC_AGENT_MISSING: { readonly path: string };
  readonly ERR_CRAC_ALREADY_NOTIFIED: { readonly context: string };
  readonly ERR_CRAC_ALREADY_PREPARED: Record<never, never>;
  readonly ERR_CRAC_CHILD_PROCESS: ChildProcessDetails;
  readonly ERR_CRAC_COMMAND_NEEDS_SHIM: { readonly verb: string };
  readonly ERR_CRAC_CONTROL_CLIENT_GONE: Record<never, never>;
  readonly ERR_CRAC_CONTROL_DIRECTORY: { readonly directory: string; readonly reason: string };
  readonly ERR_CRAC_CONTROL_PROTOCOL: { readonly path: string; readonly reason: string };
  readonly ERR_CRAC_CONTROL_SOCKET_TAKEN: { readonly path: string };
  readonly ERR_CRAC_CONTROL_UNREACHABLE: { readonly path: string };
  readonly ERR_CRAC_DIRECTORY_REFUSED: { readonly directory: string; readonly reason: string };
  readonly ERR_CRAC_ENGINE_FAILED: {
    readonly engine: string;
    readonly directory: string;
    readonly reason: string;
    /** Step of the engine that failed, when it tells. */
    readonly phase?: string;
    /** Code of the engine's own error. */
    readonly engineCode?: string;
    readonly errno?: number;
  };
  readonly ERR_CRAC_ENGINE_INVALID: { readonly engine: string; readonly reason: string };
  readonly ERR_CRAC_ENGINE_LACKS: { readonly engine: string; readonly capability: string };
  readonly ERR_CRAC_ENGINE_MISMATCH: {
    readonly directory: string;
    /** Name of the engine that was asked for. */
    readonly asked: string;
    /** Name of the engine that wrote the image. */
    readonly engine: string;
  };
  readonly ERR_CRAC_ENGINE_RESTORE_FAILED: {
    readonly engine: string;
    readonly directory: string;
    readonly reason: string;
  };
  readonly ERR_CRAC_ENGINE_OPTION: {
    readonly engine: string;
    readonly key: string;
    /** What is wrong, as a clause behind the option's name. */
    readonly reason: string;
    /** Keys of the engine's options. */
    readonly known: readonly string[];
  };
  readonly ERR_CRAC_IMAGE_DAMAGED: { readonly path?: string; readonly reason: string };
  readonly ERR_CRAC_IMAGE_MISSING: { readonly path: string };
  readonly ERR_CRAC_IMAGE_UNTRUSTED: { readonly directory: string; readonly reason: string };
  readonly ERR_CRAC_IMAGE_NOT_WRITTEN: { readonly pid: number; readonly reason: string };
  readonly ERR_CRAC_INVALID_ARGUMENT: {
    readonly argument: string;
    readonly expected: string;
    readonly received: string;
  };
  readonly ERR_CRAC_LABEL_INVALID: { readonly name: string; readonly reason: string };
  readonly ERR_CRAC_LABEL_REQUIRED: { readonly directory: string; readonly reason: string };
  readonly ERR_CRAC_LAUNCHER_MISSING: { readonly path: string };
  readonly ERR_CRAC_MOMENT_MISSED: { readonly moment: string };
  readonly ERR_CRAC_NOT_CONFIGURED: Record<never, never>;
  readonly ERR_CRAC_NOT_PREPARED: Record<never, never>;
  readonly ERR_CRAC_NOT_WAITING: { readonly directory?: string; readonly reason: string };
  readonly ERR_CRAC_NOT_TOLD: { readonly resources: readonly string[]; readonly deadline: string };
  readonly ERR_CRAC_OPEN_FILE: OpenDescriptorDetails;
  readonly ERR_CRAC_OPEN_RESOURCE: OpenDescriptorDetails;
  readonly ERR_CRAC_OPEN_SOCKET: OpenDescriptorDetails;
  readonly ERR_CRAC_PLACEHOLDER_INVALID: {
    readonly path: string;
    readonly placeholder: string;
    readonly reason: string;
  };
  readonly ERR_CRAC_POLICY_INVALID: {
    readonly path: string;
    readonly line?: number;
    readonly reason: string;
  };
  readonly ERR_CRAC_POLICY_REFUSES: {
    readonly directory: string;
    readonly path: string;
    readonly fd: number;
    readonly target: string;
  };
  readonly ERR_CRAC_PROCESS_AMBIGUOUS: { readonly target: string; readonly pids: readonly number[] };
  readonly ERR_CRAC_PROCESS_NOT_FOUND: { readonly target: string; readonly directory: string };
  readonly ERR_CRAC_RECURSIVE_CALL: { readonly call: string };
  readonly ERR_CRAC_REGISTRATION_REFUSED: {
    readonly resource: string;
    readonly context: string;
    readonly reason: string;
  };
  readonly ERR_CRAC_REQUESTS_IN_FLIGHT: {
    /** Names of the requests with their number, such as `{ FSReqCallback: 2 }`. */
    readonly requests: Readonly<Record<string, number>>;
    /** Milliseconds that they were given. */
    readonly timeout: number;
  };
  readonly ERR_CRAC_RESOURCE_THREW: {
    readonly resource: string;
    readonly phase: Phase;
    /** The thrown value as text. */
    readonly thrown: string;
  };
  readonly ERR_CRAC_RESOURCE_TIMEOUT: {
    readonly resource: string;
    readonly phase: Phase;
    /** Whose deadline it was: `resource db`, `context global`, `the checkpoint`. */
    readonly deadline: string;
    /** Milliseconds of that deadline. */
    readonly timeout: number;
  };
  readonly ERR_CRAC_SELF_TEST_FAILED: {
    readonly directory: string;
    readonly reason: string;
    /** Exit status of the launcher. */
    readonly status?: number;
  };
  readonly ERR_CRAC_TOOL_NOT_FOUND: { readonly tool: string; readonly reason: string };
  readonly ERR_CRAC_SECRET_UNAVAILABLE: { readonly secret: string; readonly reason: string };
  readonly ERR_CRAC_UNAVAILABLE: { readonly engine: string; readonly reason: string };
  readonly ERR_CRAC_UNSUPPORTED_PLATFORM: { readonly platform: string; readonly reason: string };
  readonly ERR_CRAC_WARM_FAILED: { readonly tool: string; readonly reason: string };
  readonly ERR_CRAC_WARM_UP_FAILED: { readonly command: string; readonly end: string };
  readonly ERR_CRAC_WORKER_THREAD: { readonly call: string };
}

/** Code of an error with facts of its own. */
export type ErrorCode = keyof ErrorDetails;
