import { identifyFiles } from '../core/file-identity.js';
import type { Resource } from '../core/resource.js';

/** A `tls.Server`, `https.Server` or secure server of HTTP/2, as far as it is used here. */
export interface TlsFilesServer {
  setSecureContext(options: Record<string, unknown>): void;
}

/** Paths of PEM files, by the option of `tls.createSecureContext` that takes their content. */
export interface TlsFiles {
  readonly key?: string;
  readonly cert?: string;
  readonly ca?: string;
  readonly pfx?: string;
  readonly crl?: string;
}

/**
 * A server whose key and certificate were read at its start goes on with those of the image. With this resource it reads them again after a
 * restore if one of the files has changed; new connections get the new ones.
 *
 * @param options - All other options of its secure context (`passphrase`, `minVersion`, `ciphers`, ...), which would be lost otherwise.
 *
 * @example
 * ```js
 * import { getGlobalContext } from 'node-crac';
 * import { tlsFilesResource } from 'node-crac/adapters';
 *
 * const server = { setSecureContext() {} }; // https.createServer({ key: readFileSync('key.pem'), ... })
 * getGlobalContext().register(tlsFilesResource(server, { key: 'key.pem', cert: 'cert.pem' }));
 * ```
 */
export function tlsFilesResource(
  server: TlsFilesServer,
  files: TlsFiles,
  options: Readonly<Record<string, unknown>> = {},
): Resource {
  let known = '';
  return {
    beforeCheckpoint() {
      known = identifyFiles(Object.values(files));
    },
    afterRestore(_context, { restored }) {
      if (!restored || identifyFiles(Object.values(files)) === known) return;
      const { readFileSync } = process.getBuiltinModule('node:fs');
      const content = Object.entries(files).map(([name, path]) => [name, readFileSync(path)]);
      server.setSecureContext({ ...options, ...Object.fromEntries(content) });
    },
  };
}
