/** What an entry of the table of errors must say. */
import { z } from 'zod';

/** Who words an error: programs that were run in the situation (recording.json), and where else people read it. */
export const PROGRAMS = {
  go: 'Go',
  java: 'Java',
  python: 'Python',
  node: 'Node',
  nginx: 'nginx',
  'nginx access log': 'nginx, access log',
  curl: 'curl',
  haproxy: 'HAProxy',
  psql: 'libpq, psql',
  ssh: 'ssh',
  wget: 'wget',
  strace: 'strace',
  glibc: 'glibc',
} as const;

export type Program = keyof typeof PROGRAMS;

/** In a wording `…` stands for what differs from one machine to the next: names, addresses, numbers. */
const words = z.array(z.string().min(2)).min(1);

const situation = z.strictObject({
  /** What happened, in a few words, such as `connect() was answered by a reset`. */
  title: z.string().max(80),
  /** What it means and where to look: whole sentences. */
  means: z.string().max(400).regex(/[.?]$/),
  /** The step or section to begin with, as `page/fragment`; the nearest one where `missing` says what is not there. */
  to: z.string().regex(/^[\w-]+\/[\w-]+$/),
  /** What this site does not tell yet. With it the entry says “not covered yet”. */
  missing: z.string().optional(),
  /** By program, how it words this. Each is in the recording of that program, or else in `sources`. */
  says: z.partialRecord(z.enum(Object.keys(PROGRAMS) as [Program, ...Program[]]), words).default({}),
  /** Wordings that were not recorded, each with the address of the code or document that has it. */
  sources: z.array(z.strictObject({ by: z.string(), text: z.string(), url: z.url() })).default([]),
  /** Other words by which people look for it. They are not shown. */
  typed: z.array(z.string()).default([]),
});

const group = z.strictObject({
  /** The errno, the error of a name lookup, the state, or the words; its fragment on the page follows from it. */
  name: z.string(),
  kind: z.enum(['errno', 'lookup', 'state', 'wait', 'words']),
  situations: z.array(situation).min(1),
});

export const schema = z.array(group);

export type Group = z.infer<typeof group>;
export type Situation = z.infer<typeof situation>;
