import type { Socket } from 'node:net';

/** A connection of an HTTP server or an HTTP client, whichever module made it. */
export interface Connection {
  /** The requests on it that have not ended, `GET /slow` for example; none when it is idle. */
  readonly requests: readonly string[];
  /** Whose connection it is. */
  readonly by: 'node:http' | 'node:http2' | 'undici';
  /** Who has to end them: the program, by answering, or the other side. */
  readonly role: 'server' | 'client';
  /** Why it is left open although it is idle, and what to do about it: a clause that begins in lower case. */
  readonly advice?: string;
  /** Closes it, so that whoever uses it next opens another one. Called only when it is idle. */
  close(): void;
  /** Lets the other side know that no further request will be answered on it. */
  announceEnd?(): void;
}

/** Whether a connection stands in the way of an image because it is the program's: nobody would open it again. */
export function isLeftOpen({ requests, advice }: Connection): boolean {
  return requests.length === 0 && advice !== undefined;
}

/** A socket of `node:net` or `node:tls`, with what Node's own modules attach to it. */
export interface HttpSocket extends Socket {
  /** Whether it is one of `node:tls`. */
  readonly encrypted?: boolean;
  readonly _handle?: { readonly fd?: number; readonly _parentWrap?: unknown } | null;
  /** On both sides: the parser at work. */
  readonly parser?: { readonly incoming?: HttpMessage | null } | null;
  /** The response that is being written, or the request that is on its way. */
  readonly _httpMessage?: HttpMessage | null;
  /** Of an accepted socket. */
  readonly server?: object | null;
}

/** A request or a response, of either side. */
export interface HttpMessage {
  readonly method?: string;
  readonly url?: string | undefined;
  readonly path?: string;
  readonly host?: string;
  readonly protocol?: string;
  readonly complete?: boolean;
  readonly headersSent?: boolean;
  shouldKeepAlive?: boolean;
  /** The request that a response answers. */
  readonly req?: HttpMessage;
}
