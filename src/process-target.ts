import { basename } from 'node:path';
import { DEFAULT_DEADLINE } from './checkpoint/checkpoint-options.js';
import { history } from './checkpoint/history.js';
import { manager } from './composition.js';
import type { ControlTarget } from './control/control-target.js';
import type { ProcessStatus } from './control/process-status.js';
import { givenName } from './core/given-name.js';
import { explain } from './explain-process.js';
import { packageVersion } from './image/package-version.js';
import { checkpointUnattended } from './unattended-checkpoint.js';

/** This process, as it is served to those who connect to it. */
export const processTarget: ControlTarget = {
  status,
  explain,
  async checkpoint(
    { request, to, keepRunning, verify, drainTimeout, engine, engineOptions, labels },
    attachment,
  ) {
    const options = {
      dryRun: request === 'dry-run',
      ...(to === undefined ? {} : { directory: to }),
      ...(keepRunning === undefined ? {} : { keepRunning }),
      ...(verify === undefined ? {} : { verify }),
      ...(drainTimeout === undefined ? {} : { drainTimeout }),
      ...(engine === undefined ? {} : { engine }),
      ...(engineOptions === undefined ? {} : { engineOptions }),
      ...(labels === undefined ? {} : { labels }),
    };
    await checkpointUnattended(options, attachment);
  },
  async prepare({ request: _request, ...options }) {
    const limits = { ...options, deadline: options.deadline ?? DEFAULT_DEADLINE };
    await manager.prepare(limits);
    return limits.deadline;
  },
  async resume({ original, merge, env, request: _request, ...brought }) {
    if (original) return (await manager.resume()).generation;
    const variables = env !== undefined && { env: merge ? mergeEnvironment(env) : env };
    return (await manager.resume({ ...brought, ...variables })).generation;
  },
};

function mergeEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  return { ...(process.env as Record<string, string>), ...env };
}

function status(): ProcessStatus {
  const { generation, configuredDirectory } = history();
  const [lastCheckpoint, lastRestore] = [manager.lastCheckpoint(), manager.lastRestore()];
  const checkpointTo = process.env['CRAC_CHECKPOINT_TO'] || configuredDirectory;
  return {
    pid: process.pid,
    name: givenName() || basename(process.argv[1] ?? '') || process.title,
    uptime: uptime(),
    node: process.version,
    package: packageVersion(),
    generation,
    engine: manager.engine(),
    availability: manager.availability(),
    restoreTime: manager.restoreTime(),
    uptimeSinceRestore: manager.uptimeSinceRestore(),
    ...(lastCheckpoint === undefined ? {} : { lastCheckpoint }),
    ...(lastRestore === undefined ? {} : { lastRestore }),
    ...(manager.isPrepared() && { prepared: true }),
    ...(checkpointTo === undefined ? {} : { checkpointTo }),
    cwd: process.cwd(),
    argv: process.argv,
  };
}

function uptime(): number {
  const sinceRestore = manager.uptimeSinceRestore();
  return sinceRestore < 0 ? process.uptime() : sinceRestore / 1000;
}
