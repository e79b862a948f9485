import type { Image, ImageClock, ImageMapping, ImagePools } from '../image/image.js';
import type { Labels } from '../image/labels.js';
import type { Scores } from '../image/score.js';
import { formatTable } from './terminal.js';
import { formatSize } from './units.js';

/** Renders an image for people. */
export function renderImage(directory: string, image: Image, scores: Scores): string {
  return [
    summary(directory, image),
    constraints(image),
    renderLabels(image.tags.labels),
    renderScores(scores),
    threads(image),
    descriptors(image),
    files(image),
  ].join('\n\n');
}

function summary(directory: string, image: Image): string {
  const { manifest, mappings, runs } = image;
  const stored = runs.reduce((total, { length }) => total + length, 0);
  return formatTable(
    ['IMAGE', directory],
    [
      ['id', image.id],
      ['created', manifest.createdAt],
      ['format', String(image.format)],
      ['generation', String(manifest.generation)],
      ['engine', `${manifest.engine} (node-crac ${manifest.package})`],
      [
        'node',
        `${manifest.node.version} ${manifest.node.platform}-${manifest.node.arch} ${manifest.node.execPath}`,
      ],
      ['process', `${manifest.process.pid} ${manifest.process.argv.join(' ')}`],
      ['cwd', image.cwd],
      [
        'size',
        `${formatSize(image.size)}: head ${formatSize(image.headSize)}, pages ${formatSize(stored)} in ${runs.length} runs`,
      ],
      [
        'memory',
        `${mappings.length} mappings, ${formatSize(image.constraints.addressSpace)} of addresses, ${writable(mappings)} writable`,
      ],
      ['clock', describeClock(image.clock)],
      ['Math.random', `${image.generators} generators that get new states`],
      ['random pools', describePools(image.pools)],
      [
        'limits',
        `heap ${formatSize(manifest.limits.heap)}, thread pool ${manifest.limits.threadPool}, threads of V8 ${manifest.limits.v8Threads}`,
      ],
      ['epoll', `${image.epollRegistrations} registrations`],
    ],
  );
}

function describeClock({ wall, monotonic, policy }: ImageClock): string {
  return `${wall}, monotonic ${(monotonic / 1000).toFixed(3)} s, policy ${policy}`;
}

function describePools({ count, bytes, lost }: ImagePools): string {
  const filled = `${count} that get ${formatSize(bytes)} of new bytes`;
  return lost === 0 ? filled : `${filled}; ${lost} fillings had no room in the table and may repeat`;
}

function writable(mappings: readonly ImageMapping[]): number {
  return mappings.filter(({ permissions }) => permissions.includes('w')).length;
}

function constraints({
  manifest,
  constraints: { architecture, kernel, cpu, highestDescriptor, protectionKeys },
}: Image): string {
  return formatTable(
    ['NEEDS', ''],
    [
      ['architecture', architecture],
      ['kernel', kernel.join(', ') || 'nothing special'],
      ['node', manifest.node.version],
      ['cpu', cpu.brand || cpu.vendor],
      ['cpu features', cpu.mask],
      ['descriptors', `at least ${highestDescriptor + 1}`],
      ['protection keys', protectionKeys.join(', ') || 'none'],
    ],
  );
}

/** Renders the labels of an image. */
export function renderLabels(labels: Labels): string {
  return formatTable(['LABEL', ''], Object.entries(labels));
}

/** Renders the scores of an image. */
export function renderScores(scores: Scores): string {
  return formatTable(
    ['SCORE', ''],
    Object.entries(scores).map(([metric, value]) => [metric, String(value)]),
  );
}

function threads(image: Image): string {
  return formatTable(
    ['THREAD', 'NAME'],
    image.threads.map(({ tid, name }) => [String(tid), name]),
  );
}

function descriptors(image: Image): string {
  return formatTable(
    ['FD', 'KIND', ''],
    image.descriptors.map(({ fd, kind, description }) => [String(fd), kind, description]),
  );
}

function files(image: Image): string {
  return formatTable(
    ['MAPPED FILE', 'SIZE', 'IDENTITY'],
    image.files.map(({ path, size, identityKind, identity }) => [
      path,
      formatSize(size),
      `${identityKind} ${identity}`,
    ]),
  );
}
