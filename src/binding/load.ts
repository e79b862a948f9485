import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { cracError } from '../errors.js';
import type { NativeBinding } from './binding.js';

let loaded: NativeBinding | undefined;

/**
 * Loads the native agent once: `CRAC_AGENT` for development, else the one that was compiled for this platform.
 *
 * @throws {CracException} `ERR_CRAC_UNSUPPORTED_PLATFORM`, `ERR_CRAC_AGENT_MISSING`, `ERR_CRAC_AGENT_INCOMPATIBLE`
 */
export function loadBinding(): NativeBinding {
  loaded ??= load();
  return loaded;
}

function load(): NativeBinding {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64') {
    const reason =
      'the native engine is made for linux-x64 alone; the program can run here, but without checkpoints';
    throw cracError('ERR_CRAC_UNSUPPORTED_PLATFORM', { platform, reason });
  }
  const path = process.env['CRAC_AGENT'] || prebuiltPath(platform);
  if (!existsSync(path)) throw cracError('ERR_CRAC_AGENT_MISSING', { path });
  try {
    return createRequire(import.meta.url)(path) as NativeBinding;
  } catch (cause) {
    throw explain(path, platform, cause);
  }
}

function prebuiltPath(platform: string): string {
  return fileURLToPath(new URL(`../../prebuilds/${platform}/crac-agent.node`, import.meta.url));
}

function explain(path: string, platform: string, cause: unknown): Error {
  if (usesMusl()) {
    const reason =
      'this Node.js is linked to musl and the native engine needs glibc; use the official build of Node.js';
    return cracError('ERR_CRAC_UNSUPPORTED_PLATFORM', { platform: `${platform}-musl`, reason }, cause);
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return cracError('ERR_CRAC_AGENT_INCOMPATIBLE', { path, reason }, cause);
}

/** The C library that is mapped into this process. */
function usesMusl(): boolean {
  return readFileSync('/proc/self/maps', 'latin1').includes('/ld-musl-');
}
