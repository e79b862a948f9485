import { cracError } from '../errors.js';
import { limitFeatures, parseFeatures } from '../image/cpu-features.js';
import { launcherPath } from './installation.js';
import { startClean } from './start-clean.js';
import { printJson, printLine } from './terminal.js';

/** Prints what the processor offers, as `crac run --cpu-features` takes it: all of it, or what it has in common with `masks` of others. */
export function showFeatures(masks: true | readonly string[], json: boolean | undefined): void {
  const features = (masks === true ? [] : masks).reduce(limitBy, readFeatures());
  if (json) printJson({ features });
  else printLine(features);
}

function limitBy(features: string, mask: string): string {
  const limit = parseFeatures(mask);
  if (limit !== undefined) return limitFeatures(features, limit);
  throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
    argument: '--cpu-features',
    expected: 'a mask as "crac check --cpu-features" prints it',
    received: mask,
  });
}

/** The launcher reads them as it does for a restore. */
function readFeatures(): string {
  const { stdout, stderr, status } = startClean(launcherPath(), ['--cpu-features']);
  if (status !== 0) throw cracError('ERR_CRAC_LAUNCHER_MISSING', { path: launcherPath() }, stderr);
  return stdout.trim();
}
