import { readFileSync } from 'node:fs';

/** The time of the processor that this process has taken. */
export interface CpuTime {
  /** Remembers what it is before an image is written. */
  hold(): void;
}

/** What the kernel says of a process. */
export interface CpuAccount {
  /** Another value for each process, so for each restored one. */
  process(): string;
  usage(previous?: NodeJS.CpuUsage): NodeJS.CpuUsage;
  resources(): NodeJS.ResourceUsage;
}

/**
 * The kernel counts from nothing in each restored process, and programs compute differences: prom-client would refuse to make a counter smaller.
 * So `process.cpuUsage()` and `process.resourceUsage()` go on from the image. Nothing is done for it in a restore; the first call after
 * one (`generation` is another) finds out whether this is another process.
 */
export function createCpuTime(
  generation: () => number,
  account: CpuAccount = kernelAccount(),
  target: Pick<NodeJS.Process, 'cpuUsage' | 'resourceUsage'> = process,
): CpuTime {
  let past: NodeJS.CpuUsage = { user: 0, system: 0 };
  let held: { process: string; generation: number; usage: NodeJS.CpuUsage } | undefined;
  const pastUsage = (): NodeJS.CpuUsage => {
    if (held === undefined || held.generation === generation()) return past;
    if (held.process !== account.process()) past = held.usage;
    held = undefined;
    return past;
  };
  const cpuUsage = (previous?: NodeJS.CpuUsage): NodeJS.CpuUsage => {
    const { user, system } = account.usage(previous);
    const before = pastUsage();
    return { user: user + before.user, system: system + before.system };
  };
  const resourceUsage = (): NodeJS.ResourceUsage => {
    const usage = account.resources();
    const { user, system } = pastUsage();
    return {
      ...usage,
      userCPUTime: usage.userCPUTime + user,
      systemCPUTime: usage.systemCPUTime + system,
    };
  };
  let isInstalled = false;
  return {
    hold() {
      if (!isInstalled) Object.assign(target, { cpuUsage, resourceUsage });
      isInstalled = true;
      held = { usage: cpuUsage(), process: account.process(), generation: generation() };
    },
  };
}

function kernelAccount(): CpuAccount {
  const { cpuUsage, resourceUsage } = process;
  return {
    process: startOfProcess,
    usage: (previous) => cpuUsage.call(process, previous),
    resources: () => resourceUsage.call(process),
  };
}

/** The pid may be that of the image; it and the moment of the start, the 20th field behind the name, are not both. */
function startOfProcess(): string {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    return `${stat.slice(0, stat.indexOf(' '))} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return '';
  }
}
