import { dirname } from 'node:path';
import type { EngineEnd, EngineModule, EngineRestoreRequest } from '../engines/engine.js';
import { searchFolders } from '../engines/selection/engines.js';
import { loadEngine } from '../engines/selection/load-engine.js';
import { parseOptions } from '../engines/selection/parse-options.js';
import { cracError } from '../errors.js';
import type { Manifest } from '../image/manifest.js';
import { readForeignManifest } from '../image/read-summary.js';
import { type EngineFlags, printEngineHelp } from './engine-help.js';
import { requireLabels } from './required-labels.js';
import { complain } from './terminal.js';
import { refuseForeignOwner } from './trust.js';

/** What `crac restore` was told. */
export interface RestoreFlags extends EngineFlags {
  readonly directory: string;
  readonly args: readonly string[] | undefined;
  readonly cwd: EngineRestoreRequest['cwdPolicy'];
  readonly env: EngineRestoreRequest['envPolicy'];
  readonly trustOwner: boolean;
  readonly requireLabel?: readonly string[];
  /** Options among them that only the native engine has. */
  readonly foreign: readonly string[];
}

/**
 * Restores an image that another engine than the native one wrote, and tells how the restored process ended.
 *
 * @throws {CracException} `ERR_CRAC_IMAGE_MISSING`, `ERR_CRAC_IMAGE_DAMAGED`, `ERR_CRAC_IMAGE_UNTRUSTED`, `ERR_CRAC_LABEL_REQUIRED`, `ERR_CRAC_ENGINE_INVALID`,
 *   `ERR_CRAC_ENGINE_MISMATCH`, `ERR_CRAC_ENGINE_OPTION`, `ERR_CRAC_ENGINE_LACKS`, and what the engine throws
 */
export async function restoreForeign(flags: RestoreFlags): Promise<EngineEnd> {
  if (printEngineHelp(flags)) return 0;
  const { directory, args, cwd: cwdPolicy, env: envPolicy } = flags;
  if (!flags.trustOwner) await refuseForeignOwner(directory);
  const image = await readForeignManifest(directory);
  if (image === undefined) return refuseNative(flags);
  await requireLabels(directory, flags.requireLabel ?? []);
  const module = findModule(flags, image);
  const options = parseOptions(module, 'restore', [
    { given: process.env['CRAC_ENGINE_OPTIONS'], strict: false },
    { given: process.env['CRAC_RESTORE_ENGINE_OPTIONS'], strict: true },
    { given: flags.engineOptions, strict: true },
  ]);
  const [lacking] = module.restore === undefined ? ['restore'] : flags.foreign;
  if (module.restore === undefined || lacking !== undefined) {
    throw cracError('ERR_CRAC_ENGINE_LACKS', { engine: module.name, capability: lacking ?? '' });
  }
  return module.restore({
    directory,
    image,
    options,
    args: args ?? [],
    hasArgs: args !== undefined,
    env: { ...process.env } as Readonly<Record<string, string>>,
    cwd: process.cwd(),
    cwdPolicy,
    envPolicy,
    startedAt: performance.timeOrigin,
    warn: complain,
  });
}

/** The engine that is asked for must be the one that wrote the image; without a wish the image says where to find it. */
function findModule({ directory, engine: asked }: RestoreFlags, image: Manifest): EngineModule {
  const [script] = image.process.argv.slice(1);
  const folders = script === undefined ? searchFolders(undefined) : [dirname(script), image.process.cwd];
  if (asked === undefined) return loadEngine(image.engineFile ?? image.engine, folders).module;
  const { module } = loadEngine(asked, searchFolders(undefined));
  if (module.name === image.engine) return module;
  throw cracError('ERR_CRAC_ENGINE_MISMATCH', { directory, asked: module.name, engine: image.engine });
}

/** The launcher restores images of the native engine; the command only comes here with a wish for the engine, or where there is no image. */
function refuseNative({ directory, engine: asked, engineOptions }: RestoreFlags): never {
  const { module } = loadEngine(asked ?? 'native', searchFolders(undefined));
  if (module.name !== 'native') {
    throw cracError('ERR_CRAC_ENGINE_MISMATCH', { directory, asked: module.name, engine: 'native' });
  }
  parseOptions(module, 'restore', [{ given: engineOptions, strict: true }]);
  throw cracError('ERR_CRAC_COMMAND_NEEDS_SHIM', { verb: 'restore' });
}
