/** What stands at a path of /proc. */
export type Entry =
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory'; readonly names: readonly string[] };

/** A file. @param text all of it, with the line feed at its end */
export const file = (text: string): Entry => ({ kind: 'file', text });
/** A symbolic link. @param target as readlink prints it */
export const link = (target: string): Entry => ({ kind: 'link', target });
/** A directory. @param names in the order in which they are listed */
export const directory = (names: Iterable<string | number>): Entry => ({
  kind: 'directory',
  names: [...names].map(String),
});
