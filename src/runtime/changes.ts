/** What a restore has changed for this process, from an engine that knows: nobody else has to look. */
export interface Changes {
  /** The number of this process. */
  readonly pid: number;
  /** Whether the working directory may be another than Node remembers. */
  readonly moved: boolean;
  /** Whether the process is in that one already. */
  readonly isThere: boolean;
  /** Whether the process is to report on itself and to end: `crac check --after-restore`. */
  readonly selfTest: boolean;
  /** Whether the restorer's `CRAC_LOG` is `debug`. */
  readonly isDebugging: boolean;
  /** Whether `/etc/resolv.conf` is known to be the file of the checkpoint. */
  readonly hasSameResolvConf: boolean;
  /** Whether `NODE_OPTIONS` is known to be that of the checkpoint. */
  readonly hasSameOptions: boolean;
  /** Whether the restorer's environment names files of certificate authorities. */
  readonly namesAuthorities: boolean;
  /** Makes `process.env` what the restore says. Returns whether it names another locale. */
  adoptEnvironment(): boolean;
}
