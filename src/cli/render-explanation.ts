import type { Bystander, Explanation, Obstacle } from '../control/explanation.js';
import type { OpenDescriptorDetails } from '../error-details.js';
import { describeOpened, nameOf } from '../errors.js';

/** Heading of what belongs to no library, as far as is known. */
const UNKNOWN = 'The program, or nobody that is known';

/** Writes down for a person what would stop a checkpoint, by library. */
export function renderExplanation(pid: number, explanation: Explanation): string {
  const { availability, obstacles, closes, travels, resources } = explanation;
  const sections = [
    [headline(pid, explanation)],
    ...[...byLibrary(obstacles)].map(([library, members]) => [library, ...members.flatMap(renderObstacle)]),
    renderBystanders('Closed by itself:', closes),
    renderBystanders('Goes into the image:', travels),
  ];
  if (resources > 0 && obstacles.length > 0) {
    const subject = resources === 1 ? '1 resource is' : `${resources} resources are`;
    sections.push([`${subject} told before a checkpoint, and may close some of this.`]);
  }
  if (availability.reason !== undefined) sections.splice(1, 0, [availability.reason]);
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function headline(pid: number, { availability, obstacles }: Explanation): string {
  if (availability.status !== 'ready') return `Process ${pid} cannot be checkpointed at all.`;
  if (obstacles.length === 0) return `Nothing stands in the way of a checkpoint of process ${pid}.`;
  const things = obstacles.length === 1 ? '1 thing stands' : `${obstacles.length} things stand`;
  return `${things} in the way of a checkpoint of process ${pid}.`;
}

function byLibrary(obstacles: readonly Obstacle[]): ReadonlyMap<string, readonly Obstacle[]> {
  const groups = new Map<string, Obstacle[]>();
  for (const obstacle of obstacles) {
    const { owner } = detailsOf(obstacle);
    const library = owner === undefined ? UNKNOWN : nameOf(owner);
    groups.set(library, [...(groups.get(library) ?? []), obstacle]);
  }
  return groups;
}

function renderObstacle(obstacle: Obstacle): readonly string[] {
  const { error, policy } = obstacle;
  const { fd, kind, target, path, protocol, localAddress, remoteAddress, holder, opened, advice } =
    detailsOf(obstacle);
  if (fd === undefined) return [`  ${error.message}`];
  const route = [localAddress, remoteAddress && `-> ${remoteAddress}`].filter(Boolean).join(' ');
  return [
    `  ${[protocol, kind, path ?? (route || target)].filter(Boolean).join(' ')} (descriptor ${fd})`,
    ...(holder ? [`    ${holder}`] : []),
    ...(opened ? [`    ${describeOpened(opened)}`] : []),
    `    what to do: ${advice}`,
    ...(policy === undefined
      ? []
      : ['    or this policy:', ...policy.split('\n').map((line) => `      ${line}`)]),
  ];
}

function renderBystanders(title: string, members: readonly Bystander[]): readonly string[] {
  if (members.length === 0) return [];
  return [title, ...members.map(({ fd, what, why }) => `  ${what} (descriptor ${fd}): ${why}`)];
}

function detailsOf({ error }: Obstacle): Partial<OpenDescriptorDetails> {
  return (error.details ?? {}) as Partial<OpenDescriptorDetails>;
}
