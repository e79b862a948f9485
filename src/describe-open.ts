/** Sentences about what is open in a process. */
import type { OpenDescriptorDetails, OpenedDetails, PackageReference } from './error-details.js';

/** What is open and cannot travel, as a sentence. */
export function describeOpenDescriptor(details: OpenDescriptorDetails): string {
  const { fd, kind, target, path, protocol, localAddress, remoteAddress, holder, opened, advice } = details;
  const what = protocol === undefined ? kind : `${protocol} ${kind}`;
  const route = [localAddress, remoteAddress && `-> ${remoteAddress}`].filter(Boolean).join(' ');
  const facts = inParentheses(
    `${what} ${path ?? (route || target)}`,
    holder,
    opened && describeOpened(opened),
  );
  return `Descriptor ${fd}${facts} is open and cannot travel in an image: ${advice}.`;
}

/** Known facts, one after the other. */
export function inParentheses(...facts: readonly (string | undefined)[]): string {
  const known = facts.filter(Boolean);
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
}

/** Who opened something, where and how long ago, as a clause. */
export function describeOpened({ owner, location, time }: OpenedDetails): string {
  const by = owner === undefined ? '' : ` by ${nameOf(owner)}`;
  const at = location === undefined ? '' : ` at ${location}`;
  return `opened${by}${at} ${describeAge(Date.now() - Date.parse(time))} ago`;
}

/** A package with its version. */
export function nameOf({ name, version }: PackageReference): string {
  return version === undefined ? name : `${name} ${version}`;
}

function describeAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
