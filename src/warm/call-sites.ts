/** Frames at which a caller is still found. */
const FRAMES = 100;

/** The files of the functions that are running, the innermost first. */
export function callingFiles(): readonly (string | undefined)[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Object.assign(Error, {
    prepareStackTrace: (_: Error, sites: readonly NodeJS.CallSite[]) => sites,
    stackTraceLimit: FRAMES,
  });
  const sites = new Error('where').stack as unknown as readonly NodeJS.CallSite[];
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  return sites.map((site) => site.getFileName() ?? undefined);
}
