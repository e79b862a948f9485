import type { OpenedDetails, PackageReference } from '../error-details.js';

/** To whom an open descriptor belongs, as far as that can be told. */
export interface Origin {
  /** The JavaScript object behind it and who holds that. */
  readonly holder?: string;
  readonly owner?: PackageReference;
  readonly opened?: OpenedDetails;
  /** What is known to help with this library. */
  readonly advice?: string;
}
