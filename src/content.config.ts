/** The collections of content/ for Astro, and what the frontmatter of each may hold. A wrong field ends the build. */
import { defineCollection } from 'astro:content';
import { file, glob } from 'astro/loaders';
import { z } from 'astro/zod';
import { FIELDS, type Field } from './playbook/fields.ts';

const source = z.object({ title: z.string().min(3), url: z.url().optional(), note: z.string().optional() });

/** Parameters of a simulation. */
const given = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** What changed in a page's text, newest first: a sentence for those who have read it before. */
const changes = z
  .array(z.object({ on: z.coerce.date(), says: z.string().min(3).max(200) }))
  .refine(
    (all) => all.every(({ on }, i) => i === 0 || on <= (all[i - 1]?.on ?? on)),
    'the newest comes first',
  )
  .default([]);

/** What a chapter must say about itself before a reader begins. */
const incidents = defineCollection({
  loader: glob({
    base: './content/incidents',
    pattern: '*/index.mdx',
    generateId: ({ entry }) => entry.split('/')[0] ?? entry,
  }),
  schema: z.object({
    /** Position in the list of incidents, from 1. */
    number: z.number().int().positive(),
    title: z.string().max(80),
    /** The call or mechanism, as the field names it. */
    about: z.string(),
    lede: z.string().max(260),
    /** What the engineer sees and no error, state or wait tells, in a few words of theirs. */
    symptoms: z.array(z.string().max(60)).min(1),
    errno: z.array(z.string().regex(/^E[A-Z]+$/)),
    /** Socket states as `ss` prints them; behind a comma what makes one a symptom. */
    states: z.array(z.string().regex(/^[A-Z][A-Z0-9-]+(, .+)?$/)),
    /**
     * How long somebody waits. A time in the outcome of a run: a field in ms, and which of a list (`at`, from 1). Or
     * for ever: the call in which a thread sleeps at the end of the run, with no timer to wake it.
     */
    waits: z
      .array(
        z.union([
          z.strictObject({
            given,
            field: z.string().endsWith('_ms'),
            at: z.number().int().positive().optional(),
          }),
          z.strictObject({ given, call: z.string() }),
        ]),
      )
      .default([]),
    /** Symptom, as the home page writes it → id of the playbook's step that it leads to, where that is not the first. */
    leads: z.record(z.string(), z.string()).default({}),
    minutes: z.object({ read: z.number().int().positive(), workshop: z.number().int().positive() }),
    objectives: z.array(z.string()).min(1),
    /** Kernel versions that the chapter speaks of. */
    kernels: z.array(z.string()),
    sources: z.array(source).min(1),
    changes,
  }),
});

/** The first five minutes of an incident. */
const playbooks = defineCollection({
  loader: glob({
    base: './content/incidents',
    pattern: '*/playbook.mdx',
    generateId: ({ entry }) => entry.split('/')[0] ?? entry,
  }),
  schema: z.object({
    /** The words of its commands that a reader fills in once, in the order in which they are found out. */
    fields: z.array(z.enum(Object.keys(FIELDS) as Field[])),
  }),
});

/** A session plan for a facilitator. */
const workshop = defineCollection({
  loader: glob({ base: './content/workshop', pattern: '*.md' }),
  schema: z.object({
    title: z.string(),
    /** Slug of the incident that the session takes. */
    incident: z.string(),
    minutes: z.number().int().positive(),
    needs: z.array(z.string()),
  }),
});

/** What a chapter looks up rather than tells: a page under /reference/. */
const reference = defineCollection({
  loader: glob({
    base: './content/reference',
    pattern: '*/index.mdx',
    generateId: ({ entry }) => entry.split('/')[0] ?? entry,
  }),
  schema: z.object({
    title: z.string().max(80),
    /** The mechanism, as the field names it. */
    about: z.string(),
    lede: z.string().max(260),
    /** A few words for the list on the home page. */
    summary: z.string().max(160),
    sources: z.array(source).min(1),
    changes,
  }),
});

/** The terms that a text may link to, by the id that stands in the link. */
const glossary = defineCollection({
  loader: file('content/glossary.json'),
  schema: z.object({
    term: z.string(),
    /** What it is, in one sentence without markup: it shows where the term is used. */
    sentence: z.string().max(130).endsWith('.'),
    /** What else there is to know; code stands between backticks. */
    more: z.string().endsWith('.').optional(),
    /** What the kernel, a manual page or an RFC calls it. */
    names: z.array(z.string()),
    /** Where it is explained in depth: a place of this site. */
    where: z.array(z.object({ text: z.string(), path: z.string() })).default([]),
  }),
});

export const collections = { glossary, incidents, playbooks, reference, workshop };
