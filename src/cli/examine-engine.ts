import { searchFolders } from '../engines/selection/engines.js';
import { loadEngine } from '../engines/selection/load-engine.js';
import { parseOptions } from '../engines/selection/parse-options.js';
import type { EngineFlags } from './engine-help.js';
import { examineBasis, examineHost, type Finding } from './examine-host.js';

/** Looks at what the named engine needs on this machine. */
export async function examineEngine({
  engine = '',
  engineOptions,
}: EngineFlags): Promise<readonly Finding[]> {
  const { module } = loadEngine(engine, searchFolders(undefined));
  if (module.name === 'native') return examineHost();
  const options = parseOptions(module, 'checkpoint', [
    { given: process.env['CRAC_ENGINE_OPTIONS'], strict: false },
    { given: engineOptions, strict: false },
  ]);
  const found = module.examine?.(options) ?? [];
  return [...(found.length === 0 ? [] : examineBasis()), ...found.map(toFinding)];
}

function toFinding({ name, detail, problem }: { name: string; detail: string; problem?: string }): Finding {
  return { name, ok: problem === undefined, detail, ...(problem !== undefined && { advice: `${problem}.` }) };
}
