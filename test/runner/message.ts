/** What the process of one Node tells the runner, over the IPC channel, as JSON. */
export type Message =
  | { readonly kind: 'suite'; readonly file: string }
  | {
      readonly kind: 'pass';
      readonly title: string;
      readonly file: string;
      readonly nesting: number;
      readonly duration: number;
    }
  | { readonly kind: 'skip'; readonly title: string; readonly file: string; readonly reason: string }
  | { readonly kind: 'todo'; readonly title: string; readonly file: string }
  | {
      readonly kind: 'fail';
      readonly title: string;
      readonly file: string;
      readonly cancelled: boolean;
      /** Printable error with its stack. */
      readonly detail: string;
    }
  | { readonly kind: 'output'; readonly file: string; readonly text: string };
