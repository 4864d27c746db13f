/** Files of a known form: the recordings, and the site's list of kernel excerpts. */
import { z } from 'zod';

/**
 * Reads JSON of the form that a schema states.
 * @param name what to call the text in an error, usually its file
 * @throws Error with one line for each wrong place: the name, the place, and what is allowed there
 */
export function parseJson<T>(schema: z.ZodType<T>, text: string, name: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name}: is no JSON: ${(error as Error).message}`);
  }
  const { data, error } = schema.safeParse(value);
  if (!error) return data;
  const lines = error.issues.map(({ path, message }) => [name, z.core.toDotPath(path), message]);
  throw new Error(lines.map((line) => line.filter(Boolean).join(': ')).join('\n'));
}
