/** Says at the start of a program what its checkpoints would be refused for: how the environment names and labels them. */
import { parseFeatures } from './image/cpu-features.js';
import { parseLabels, splitLabels } from './image/labels.js';
import { checkPath } from './image/placeholders.js';

/** Warns of each variable whose value cannot be used. */
export function checkConfiguration(env: NodeJS.ProcessEnv): void {
  attempt(() => checkPath(env['CRAC_CHECKPOINT_TO'] ?? ''));
  attempt(() => void parseLabels(splitLabels(env['CRAC_IMAGE_LABELS'] ?? ''), env));
  const features = env['CRAC_CPU_FEATURES'] ?? '';
  if (parseFeatures(features) === undefined)
    warn(
      `CRAC_CPU_FEATURES is "${features}", so it counts as native: set it by crac run --cpu-features, to native, generic, ignore or a mask.`,
    );
}

function attempt(check: () => void): void {
  try {
    check();
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
  }
}

function warn(sentence: string): void {
  process.emitWarning(sentence, 'CracWarning');
}
