/**
 * What the command and a running process say to each other: one JSON object per line, in both directions, over a private
 * unix socket. Pure: no socket, no file, no process.
 *
 *   client -> server   one request, then the client only reads
 *   server -> client   `status` and `explain`: one reply. `checkpoint`: `writing` before the process stops, then `done` if it goes on
 *                      running or waits for its restore, `failed` if it could not; the end of the stream alone if it left after
 *                      writing its image. `dry-run`: `passed` or `failed`. `prepare` and `resume`: `prepared` or `resumed`, else `failed`
 */
import { ENGINE_ANNOUNCEMENTS, type EngineAnnouncement } from '../engines/engine.js';
import type { DescribedError } from '../errors.js';
import type { Explanation } from './explanation.js';
import type { ProcessStatus } from './process-status.js';
import {
  type PrepareRequest,
  type ResumeRequest,
  readPrepareRequest,
  readResumeRequest,
} from './two-step-requests.js';

/** Version of the protocol; both sides must speak the same one. */
export const PROTOCOL_VERSION = 1;

/** Longest line that either side accepts, in UTF-16 code units. */
export const MAX_MESSAGE_LENGTH = 1_048_576;

/** Asks a process what it is. */
export interface StatusRequest {
  readonly request: 'status';
}

/** Asks a process for its image, or whether it would get to one. Earlier servers of this version of the protocol reject a dry run as unknown. */
export interface CheckpointRequest {
  readonly request: 'checkpoint' | 'dry-run';
  /** Absolute path of the image directory; the process's own default when absent. */
  readonly to?: string;
  readonly keepRunning?: boolean;
  readonly verify?: boolean;
  /** Milliseconds that HTTP requests in progress have to end. */
  readonly drainTimeout?: number;
  /** Name, absolute path or package of the engine; the process's own default when absent. */
  readonly engine?: string;
  /** Options of the engine: `key=value,key2`. */
  readonly engineOptions?: string;
  /** Labels of the image, by name. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Asks a process what would stop a checkpoint. Earlier servers of this version of the protocol reject it as unknown. */
export interface ExplainRequest {
  readonly request: 'explain';
}

/** What a client can ask for. */
export type Request = StatusRequest | ExplainRequest | CheckpointRequest | PrepareRequest | ResumeRequest;

/** The image that a checkpoint writes. */
export interface ImageReference {
  /** `id` of its manifest. */
  readonly id: string;
  /** Absolute path of its directory. */
  readonly directory: string;
}

/** What a server can answer. */
export type Reply =
  | { readonly reply: 'status'; readonly status: ProcessStatus }
  | { readonly reply: 'explanation'; readonly explanation: Explanation }
  | { readonly reply: 'writing'; readonly image: ImageReference }
  | { readonly reply: 'done'; readonly image: ImageReference; readonly state?: EngineAnnouncement }
  | { readonly reply: 'passed' }
  /** With the milliseconds within which it has to be resumed. */
  | { readonly reply: 'prepared'; readonly deadline: number }
  /** With the number of restores that lie behind the process. */
  | { readonly reply: 'resumed'; readonly generation: number }
  | { readonly reply: 'failed'; readonly error: DescribedError }
  | { readonly reply: 'rejected'; readonly reason: string };

/** A parsed message, or the sentence that says why it is none. */
export type Parsed<Message> =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly problem: string };

/** Turns a message into the line that goes over the socket. */
export function encodeMessage(message: Request | Reply): string {
  return `${JSON.stringify({ version: PROTOCOL_VERSION, ...message })}\n`;
}

/** Reads the line of a client. */
export function parseRequest(line: string): Parsed<Request> {
  const envelope = parseEnvelope(line);
  if (!envelope.ok) return envelope;
  const { request, to, keepRunning, verify, drainTimeout, engine, engineOptions, labels } = envelope.message;
  if (request === 'status' || request === 'explain') return { ok: true, message: { request } };
  if (request === 'prepare') return toParsed(readPrepareRequest(envelope.message));
  if (request === 'resume') return toParsed(readResumeRequest(envelope.message));
  if (request !== 'checkpoint' && request !== 'dry-run')
    return refuse(`the request ${preview(request)} is unknown`);
  if (!isOptional(to, 'string') || to === '') return refuse('"to" is not a path');
  if (!isOptional(keepRunning, 'boolean')) return refuse('"keepRunning" is not true or false');
  if (!isOptional(verify, 'boolean')) return refuse('"verify" is not true or false');
  if (!isOptional(drainTimeout, 'number')) return refuse('"drainTimeout" is not a number');
  if (!isOptional(engine, 'string')) return refuse('"engine" is not a text');
  if (!isOptional(engineOptions, 'string')) return refuse('"engineOptions" is not a text');
  if (labels !== undefined && !isTexts(labels)) return refuse('"labels" is not an object of texts');
  return {
    ok: true,
    message: {
      request,
      ...(to === undefined ? {} : { to }),
      ...(keepRunning === undefined ? {} : { keepRunning }),
      ...(verify === undefined ? {} : { verify }),
      ...(drainTimeout === undefined ? {} : { drainTimeout }),
      ...(engine === undefined ? {} : { engine }),
      ...(engineOptions === undefined ? {} : { engineOptions }),
      ...(labels === undefined ? {} : { labels }),
    },
  };
}

/** Reads a line of a server. Its members are trusted beyond their outer shape: the peer runs under the same user. */
export function parseReply(line: string): Parsed<Reply> {
  const envelope = parseEnvelope(line);
  if (!envelope.ok) return envelope;
  const { message } = envelope;
  switch (message['reply']) {
    case 'status':
      return isRecord(message['status']) ? accept(message) : refuse('"status" is not an object');
    case 'explanation':
      return isRecord(message['explanation']) ? accept(message) : refuse('"explanation" is not an object');
    case 'done':
      if (!isState(message['state'])) return refuse(`"state" is none of ${ENGINE_ANNOUNCEMENTS.join(', ')}`);
      return acceptImage(message);
    case 'writing':
      return acceptImage(message);
    case 'prepared':
      return typeof message['deadline'] === 'number' ? accept(message) : refuse('"deadline" is no number');
    case 'resumed':
      return typeof message['generation'] === 'number'
        ? accept(message)
        : refuse('"generation" is no number');
    case 'failed':
      return isDescribedError(message['error'])
        ? accept(message)
        : refuse('"error" is not a described error');
    case 'passed':
      return accept(message);
    case 'rejected':
      return typeof message['reason'] === 'string' ? accept(message) : refuse('"reason" is not a text');
    default:
      return refuse(`the reply ${preview(message['reply'])} is unknown`);
  }
}

function parseEnvelope(line: string): Parsed<Record<string, unknown>> {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return refuse('it is not JSON');
  }
  if (!isRecord(message)) return refuse('it is not an object');
  if (message['version'] === PROTOCOL_VERSION) return { ok: true, message };
  return refuse(
    `it speaks version ${preview(message['version'])} of the protocol and this side speaks ${PROTOCOL_VERSION}`,
  );
}

function toParsed<Message>(
  read: { readonly message: Message } | { readonly problem: string },
): Parsed<Message> {
  return 'problem' in read ? refuse(read.problem) : { ok: true, message: read.message };
}

function accept(message: Record<string, unknown>): Parsed<Reply> {
  return { ok: true, message: message as unknown as Reply };
}

function acceptImage(message: Record<string, unknown>): Parsed<Reply> {
  return isImage(message['image']) ? accept(message) : refuse('"image" is not an id and a directory');
}

function isState(value: unknown): boolean {
  return value === undefined || (ENGINE_ANNOUNCEMENTS as readonly unknown[]).includes(value);
}

function refuse(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOptional<Kind extends 'string' | 'boolean' | 'number'>(
  value: unknown,
  kind: Kind,
): value is { string: string; boolean: boolean; number: number }[Kind] | undefined {
  return value === undefined || typeof value === kind;
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((member) => typeof member === 'string');
}

function isImage(value: unknown): value is ImageReference {
  return isRecord(value) && typeof value['id'] === 'string' && typeof value['directory'] === 'string';
}

function isDescribedError(value: unknown): boolean {
  if (!isRecord(value) || typeof value['name'] !== 'string' || typeof value['message'] !== 'string')
    return false;
  const { errors, cause } = value;
  if (cause !== undefined && !isDescribedError(cause)) return false;
  return errors === undefined || (Array.isArray(errors) && errors.every(isDescribedError));
}

function preview(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
