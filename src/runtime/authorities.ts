/**
 * The certificates that a program trusts by its environment: `NODE_EXTRA_CA_CERTS`, and `SSL_CERT_FILE` where Node was told to trust what the system
 * trusts. Node reads these files once.
 */
import { identifyFiles } from '../core/file-identity.js';

/** Sees whether files of certificates have changed. */
export interface Authorities {
  /** Looks at the files when a checkpoint begins. Without such files it does nothing. */
  remember(): void;
  /** Whether there were such files. */
  isWatching(): boolean;
  /** Reads them again if they are others, or others are named. */
  follow(): void;
}

/** `node:tls`, as far as it is used here; the first two came with Node.js 22.19 and 24.5. */
interface TlsModule {
  readonly getCACertificates?: (kind: 'default' | 'extra' | 'system') => readonly string[];
  readonly setDefaultCACertificates?: (certificates: readonly string[]) => void;
  createSecureContext(options: { readonly ca: readonly string[] }): { readonly context: NativeContext };
}

interface NativeContext {
  addRootCerts(): void;
  addCACert(certificate: string): void;
}

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** Options of Node by which it trusts what the system trusts. */
const SYSTEM_OPTION = /--use-(?:openssl|system)-ca\b/;

/** Makes the memory of one thread. */
export function createAuthorities(warn: (sentence: string) => void): Authorities {
  let known = '';
  let trusted: readonly string[] | undefined;
  let extra = '';
  let bySystem = false;

  const paths = (): string[] => {
    extra = process.env['NODE_EXTRA_CA_CERTS'] || extra;
    return [extra, bySystem ? process.env['SSL_CERT_FILE'] || '' : ''].filter((path) => path !== '');
  };

  return {
    remember() {
      bySystem ||= SYSTEM_OPTION.test([...process.execArgv, process.env['NODE_OPTIONS']].join(' '));
      const present = paths();
      known = identifyFiles(present);
      if (present.length > 0) trusted ??= readByNode(bySystem);
    },
    isWatching: () => known !== '',
    follow() {
      const present = paths();
      if (identifyFiles(present) === known) return;
      try {
        trusted = trust(present, trusted ?? []);
      } catch (error) {
        warn(
          `Certificates of authorities were not read again: ${error instanceof Error ? error.message : error}`,
        );
      }
    },
  };
}

/** What Node itself has read of these files. */
function readByNode(bySystem: boolean): readonly string[] | undefined {
  const { getCACertificates } = loadTls();
  return (
    getCACertificates && [...getCACertificates('extra'), ...(bySystem ? getCACertificates('system') : [])]
  );
}

/** Trusts what is in these files instead of `former`; gives back what it was. */
function trust(paths: readonly string[], former: readonly string[]): readonly string[] {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const certificates = paths.flatMap((path) => readFileSync(path, 'latin1').match(CERTIFICATE) ?? []);
  const tls = loadTls();
  if (tls.getCACertificates === undefined || tls.setDefaultCACertificates === undefined) {
    addToContexts(tls, certificates);
    return certificates;
  }
  const gone = new Set(former.map(contentOf));
  const others = tls.getCACertificates('default').filter((certificate) => !gone.has(contentOf(certificate)));
  const all = new Map(
    [...others, ...certificates].map((certificate) => [contentOf(certificate), certificate]),
  );
  tls.setDefaultCACertificates([...all.values()]);
  return certificates;
}

/**
 * Before there was a way to replace them, certificates can be added to the contexts of later connections. Node then reads the file that it was
 * started with once more; only when another one is named, those of the former stay.
 */
function addToContexts(tls: TlsModule, certificates: readonly string[]): void {
  const prototype = Object.getPrototypeOf(tls.createSecureContext({ ca: [] }).context) as NativeContext;
  const { addRootCerts } = prototype;
  prototype.addRootCerts = function (this: NativeContext) {
    addRootCerts.call(this);
    for (const certificate of certificates) this.addCACert(certificate);
  };
}

function loadTls(): TlsModule {
  return process.getBuiltinModule('node:tls') as unknown as TlsModule;
}

function contentOf(certificate: string): string {
  return certificate.replaceAll(/-----[^-]+-----|\s/g, '');
}
