/** What stands at a path of /proc. */
export type Entry =
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory'; readonly names: readonly string[] };

export const file = (text: string): Entry => ({ kind: 'file', text });
export const link = (target: string): Entry => ({ kind: 'link', target });
export const directory = (names: Iterable<string | number>): Entry => ({
  kind: 'directory',
  names: [...names].map(String),
});
