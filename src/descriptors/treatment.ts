/** What becomes of descriptors that do not travel by themselves. Their numbers stay taken in the restored process. */
export interface DescriptorTreatment {
  /** `/dev/null`, or a connection whose peer is gone where the program waits for it. */
  readonly placeholders: readonly number[];
  /** Can neither be read nor written any more. */
  readonly closed: readonly number[];
  /** Files that are opened again at their position. */
  readonly reopened: readonly number[];
  /** Those of them that may have changed since. */
  readonly unchecked: readonly number[];
}
