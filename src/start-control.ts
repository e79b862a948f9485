import type { ControlTarget } from './control/control-target.js';
import { type ControlServer, createControlServer } from './control/server.js';
import { rememberName } from './core/given-name.js';
import { isPreparing, keepOpen } from './core/kept-open.js';
import { processWide } from './core/process-wide.js';
import type { Resource } from './core/resource.js';
import type { RestoreInfo } from './core/restore-info.js';
import { joinRuntime } from './core/runtime-context.js';

/**
 * Milliseconds between a restore and the listening of the restored process: its first requests come first. Also between two attempts to
 * begin in the middle of a checkpoint.
 */
const DELAY = 20;

/** Has V8 compile the way back, which changes nothing as long as the server is not away. */
const REHEARSED = { restored: false };

/** Values of `CRAC_LOG` at which a warning is written. */
const LOGGED_LEVELS = new Set(['warn', 'info', 'debug']);

/** Makes this process reachable from outside; a second call, also of another copy of the package, does nothing. */
export function startControl(): void {
  processWide('control', () => {
    rememberName();
    const server = createControlServer(loadTarget);
    process.on('exit', () => server.close());
    keepOpen(() => server.descriptors());
    begin(server);
    checkEnvironment();
    return server;
  });
}

/** Nothing is loaded for it where there is nothing to look at. */
function checkEnvironment(): void {
  const { env } = process;
  if (!env['CRAC_CHECKPOINT_TO']?.includes('%') && !env['CRAC_IMAGE_LABELS'] && !env['CRAC_CPU_FEATURES'])
    return;
  void import('./check-configuration.js').then(({ checkConfiguration }) => checkConfiguration(env));
}

/** What is asked for from outside is carried out by all the rest of the package, which is loaded only then. */
async function loadTarget(): Promise<ControlTarget> {
  const { processTarget } = await import('./process-target.js');
  return processTarget;
}

/** A checkpoint under way takes no new resources; the socket is opened when it is over. */
function begin(server: ControlServer): void {
  try {
    joinRuntime('control', controlResource(server));
  } catch {
    setTimeout(begin, DELAY, server).unref();
    return;
  }
  listen(server);
}

/** Joined last, so told first of the runtime's resources. */
function controlResource(server: ControlServer): Resource {
  let restart: NodeJS.Timeout | undefined;
  let isAway = false;
  const comeBack = (_context: unknown, { restored }: Pick<RestoreInfo, 'restored'>): void => {
    if (!isAway) return;
    isAway = false;
    if (restored) {
      server.close();
      restart = setTimeout(listen, DELAY, server).unref();
    } else listen(server);
  };
  return {
    beforeCheckpoint() {
      comeBack(undefined, REHEARSED);
      isAway = !isPreparing();
      if (!isAway) return;
      clearTimeout(restart);
      server.suspend();
    },
    afterRestore: comeBack,
  };
}

/** A process that cannot listen runs on as it would without the preload. */
function listen(server: ControlServer): void {
  server.listen().catch((error: unknown) => {
    if (LOGGED_LEVELS.has(process.env['CRAC_LOG'] ?? '')) {
      process.stderr.write(
        `crac: this process cannot be reached: ${error instanceof Error ? error.message : error}\n`,
      );
    }
  });
}
