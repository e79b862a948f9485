import { basename } from 'node:path';
import { history } from './checkpoint/history.js';
import { manager, runtime } from './composition.js';
import type { ControlTarget } from './control/control-target.js';
import type { ProcessStatus } from './control/process-status.js';
import { type ControlServer, createControlServer } from './control/server.js';
import { processWide } from './core/process-wide.js';
import type { Resource } from './core/resource.js';
import { packageVersion } from './image/package-version.js';

/** Makes this process reachable from outside; a second call, also of another copy of the package, does nothing. */
export function startControl(): void {
  processWide('control', () => {
    const server = createControlServer(target);
    runtime.register(controlResource(server), { name: 'control' });
    process.on('exit', () => server.close());
    listen(server);
    return server;
  });
}

/** Registered last, so told first of the runtime's resources and restored when the process has its new pid. */
function controlResource(server: ControlServer): Resource {
  return {
    beforeCheckpoint() {
      server.suspend();
    },
    afterRestore(_context, info) {
      if (info.restored) server.abandon();
      listen(server);
    },
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

/** Values of `CRAC_LOG` at which a warning is written. */
const LOGGED_LEVELS = new Set(['warn', 'info', 'debug']);

const target: ControlTarget = {
  status,
  async checkpoint({ to, keepRunning, verify }, attachment) {
    const options = {
      ...(to === undefined ? {} : { directory: to }),
      ...(keepRunning === undefined ? {} : { keepRunning }),
      ...(verify === undefined ? {} : { verify }),
    };
    await manager.checkpoint(options, attachment);
  },
};

function status(): ProcessStatus {
  const { generation, configuredDirectory } = history();
  const checkpointTo = process.env['CRAC_CHECKPOINT_TO'] || configuredDirectory;
  return {
    pid: process.pid,
    name: process.env['CRAC_NAME'] || basename(process.argv[1] ?? '') || process.title,
    uptime: uptime(),
    node: process.version,
    package: packageVersion(),
    generation,
    availability: manager.availability(),
    ...(checkpointTo === undefined ? {} : { checkpointTo }),
    cwd: process.cwd(),
    argv: process.argv,
  };
}

function uptime(): number {
  const sinceRestore = manager.uptimeSinceRestore();
  return sinceRestore < 0 ? process.uptime() : sinceRestore / 1000;
}
