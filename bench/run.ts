import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { prepareCriu } from './engines/criu.js';
import { findNode } from './measure/find-node.js';
import { measureMemoryPrices, tellMemoryPrices } from './measure/memory-prices.js';
import { inRepository } from './measure/paths.js';
import { makeScratch } from './measure/scratch.js';
import { type BenchOptions, readOptions, USAGE } from './options.js';
import { judge, toLine } from './report/goals.js';
import { describeMachine } from './report/machine.js';
import { type ScenarioResult, toResult } from './report/result.js';
import { toTable } from './report/table.js';
import { clones } from './scenarios/clones.js';
import { filter } from './scenarios/filter.js';
import { keepRunning } from './scenarios/keep-running.js';
import { overhead } from './scenarios/overhead.js';
import { realPrograms } from './scenarios/real-programs.js';
import { repairs } from './scenarios/repairs.js';
import type { Bench, Scenario } from './scenarios/scenario.js';
import { empty, eslint, heaps, typescript } from './scenarios/self-frozen-scenarios.js';
import { express, fastify } from './scenarios/servers.js';
import { stacks } from './scenarios/stacks.js';

const SCENARIOS: readonly Scenario[] = [
  empty,
  express,
  fastify,
  realPrograms,
  typescript,
  eslint,
  ...heaps,
  clones,
  keepRunning,
  overhead,
  stacks,
  filter,
  repairs,
];

const options = readOptions(process.argv.slice(2), inRepository('build/bench/results.json'));
if (options.help)
  process.stdout.write(`${USAGE}\nScenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}\n`);
else await runBench(options);

/** Runs the chosen scenarios under the chosen Nodes, then tells and stores what came out. */
async function runBench({ only, nodes, runs, withCriu, json }: BenchOptions): Promise<void> {
  const chosen = choose(only);
  const criu = withCriu ? await prepareCriu() : 'CRIU was left out.';
  const memory = measureMemoryPrices(process.execPath);
  process.stdout.write(`${tellMemoryPrices(memory)}\n`);
  const results: ScenarioResult[] = [];
  for (const major of nodes) {
    const node = findNode(major);
    const version = versionOf(node);
    for (const scenario of chosen) {
      const bench = { node, major: version.slice(1).split('.')[0] ?? '', runs, criu };
      const result = await runScenario(scenario, bench, version);
      results.push(result);
      process.stdout.write(`\nNode ${version}, ${scenario.name}. ${scenario.measures}\n${toTable(result)}\n`);
    }
  }
  const goals = [...new Set(results.map(({ node }) => node))].flatMap((node) => judge(node, results));
  process.stdout.write(`\n${goals.map(toLine).join('\n')}\n`);
  mkdirSync(dirname(json), { recursive: true });
  const criuVersion = typeof criu === 'string' ? criu : criu.version;
  writeFileSync(
    json,
    `${JSON.stringify({ machine: describeMachine(), memory, criu: criuVersion, runs, results, goals }, undefined, 2)}\n`,
  );
  process.stdout.write(`\nAll values: ${json}\n`);
}

/** Runs one scenario in a directory of its own; what stops it is its result. */
async function runScenario(
  scenario: Scenario,
  bench: Omit<Bench, 'scratch'>,
  version: string,
): Promise<ScenarioResult> {
  const scratch = makeScratch('bench');
  try {
    return toResult(scenario.name, version, await scenario.run({ ...bench, scratch }));
  } catch (error) {
    const absent = error instanceof Error ? error.message : String(error);
    return toResult(scenario.name, version, { series: [], absent: [{ name: scenario.name, absent }] });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function choose(only: readonly string[]): readonly Scenario[] {
  const unknown = only.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.join(', ')}; see --help.`);
  return only.length === 0 ? SCENARIOS : SCENARIOS.filter(({ name }) => only.includes(name));
}

function versionOf(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
}
