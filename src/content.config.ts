import { defineCollection } from 'astro:content';
import { file, glob } from 'astro/loaders';
import { z } from 'astro/zod';
import { FIELDS, type Field } from './playbook/fields.ts';

const source = z.object({ title: z.string().min(3), url: z.url().optional(), note: z.string().optional() });

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
    /** What the engineer sees, in the words that they would type into a search box. */
    symptoms: z.array(z.string()).min(1),
    errno: z.array(z.string().regex(/^E[A-Z]+$/)),
    /** Socket states as `ss` prints them. */
    states: z.array(z.string()),
    minutes: z.object({ read: z.number().int().positive(), workshop: z.number().int().positive() }),
    objectives: z.array(z.string()).min(1),
    /** Kernel versions that the chapter speaks of. */
    kernels: z.array(z.string()),
    sources: z.array(source).min(1),
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
