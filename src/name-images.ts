import os from 'node:os';
import v8 from 'node:v8';
import type { ImageNaming } from './checkpoint/checkpoint-parts.js';
import { history } from './checkpoint/history.js';
import { checkLabels, parseLabels, splitLabels } from './image/labels.js';
import { checkPath, expandPath, literalPath, type PathFacts } from './image/placeholders.js';

/** How the images of this process are named. */
export function createNaming(cpuFeatures: () => string, warn: (sentence: string) => void): ImageNaming {
  const facts: PathFacts = {
    arch: () => process.arch,
    cpuFeatures,
    uuid: () => crypto.randomUUID(),
    now: () => Date.now(),
    bootTime: () => performance.timeOrigin,
    restoreTime: () => history().restored?.when.startedAt ?? performance.timeOrigin,
    pid: () => process.pid,
    processors: () => os.availableParallelism(),
    maxHeap: () => v8.getHeapStatistics().heap_size_limit,
    generation: () => history().generation + 1,
  };
  return {
    checkPath,
    literalPath,
    expandPath: (path) => expandPath(path, facts),
    labels(given) {
      const { labels, warnings } = parseLabels(
        splitLabels(process.env['CRAC_IMAGE_LABELS'] ?? ''),
        process.env,
      );
      for (const sentence of warnings) warn(sentence);
      return { ...labels, ...checkLabels(given) };
    },
  };
}
