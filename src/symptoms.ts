/** What an engineer may see, by kind, and the step of a playbook that each symptom leads to. From the chapters’ frontmatter. */
import type { CollectionEntry } from 'astro:content';
import { stepsOf } from './playbook/playbook.ts';
import { simulatedFigure, simulatedRun } from './simulated.ts';
import { href } from './site.ts';

/** A chapter that a symptom speaks of, and the address of its first step that matches. */
export interface Lead {
  readonly number: number;
  readonly title: string;
  readonly href: string;
}

export interface Symptom {
  readonly text: string;
  readonly leads: readonly Lead[];
}

/** A wait, and how long it is; infinite where no timer ends it. */
export interface WaitSymptom extends Symptom {
  readonly ms: number;
}

export interface Symptoms {
  readonly errors: readonly Symptom[];
  readonly states: readonly Symptom[];
  /** From the shortest to the longest. */
  readonly waits: readonly WaitSymptom[];
  readonly words: readonly Symptom[];
}

type Incident = CollectionEntry<'incidents'>;

const FOR_EVER = 'for ever';

/** The playbooks as they are written. */
const playbooks = import.meta.glob<string>('../content/incidents/*/playbook.mdx', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** The ids of a playbook’s steps, in order; none where a chapter has no playbook. */
const stepsIn = ({ id }: Incident): string[] =>
  stepsOf(playbooks[`../content/incidents/${id}/playbook.mdx`] ?? '').map((step) => step.id);

/** @param incidents in the order in which they are to be named @throws Error that says which symptom leads nowhere */
export function symptomsOf(incidents: readonly Incident[]): Symptoms {
  const waits = new Map<string, number>();
  const kinds = {
    errors: collect(incidents, ({ data }) => data.errno),
    states: collect(incidents, ({ data }) => data.states),
    waits: collect(incidents, (incident) =>
      incident.data.waits.map((wait) => {
        const { text, ms } = waitOf(incident, wait);
        waits.set(text, ms);
        return text;
      }),
    ),
    words: collect(incidents, ({ data }) => data.symptoms),
  };
  const known = new Set(Object.values(kinds).flatMap((all) => all.map(({ text }) => text)));
  for (const { id, data } of incidents)
    for (const symptom of Object.keys(data.leads))
      if (!known.has(symptom))
        throw new Error(`${id} leads from “${symptom}”, which is none of its symptoms`);
  return {
    ...kinds,
    waits: kinds.waits
      .map((symptom) => ({ ...symptom, ms: waits.get(symptom.text) ?? 0 }))
      .sort((a, b) => a.ms - b.ms),
  };
}

/** Each text once, with all the chapters that have it. */
function collect(
  incidents: readonly Incident[],
  texts: (incident: Incident) => readonly string[],
): Symptom[] {
  const found = new Map<string, Lead[]>();
  for (const incident of incidents)
    for (const text of new Set(texts(incident)))
      found.set(text, [...(found.get(text) ?? []), leadOf(incident, text)]);
  return [...found].map(([text, leads]) => ({ text, leads }));
}

function leadOf(incident: Incident, text: string): Lead {
  const { id, data } = incident;
  const steps = stepsIn(incident);
  const step = data.leads[text] ?? steps[0];
  if (step !== undefined && !steps.includes(step))
    throw new Error(`${id} leads from “${text}” to the step "${step}": its playbook has ${steps.join(', ')}`);
  const fragment = step === undefined ? '' : `#${step}`;
  return { number: data.number, title: data.title, href: `${href(`incidents/${id}/`)}${fragment}` };
}

/** How long a wait of the frontmatter is: computed, never written down. */
function waitOf({ id }: Incident, wait: Incident['data']['waits'][number]): { text: string; ms: number } {
  if ('field' in wait) {
    const { value, text } = simulatedFigure(id, wait.given, wait.field, wait.at);
    return { text, ms: Number(value) };
  }
  const { events, worldAt } = simulatedRun(id, wait.given);
  const threads = Object.values(worldAt(events.length - 1).machines)
    .flatMap(({ processes }) => [...processes.values()])
    .flatMap((process) => [...process.threads.values()]);
  if (!threads.some(({ call }) => call?.name === wait.call && call.deadline_us === null))
    throw new Error(`${id}: nobody sleeps in ${wait.call}() for ever with ${JSON.stringify(wait.given)}`);
  return { text: FOR_EVER, ms: Number.POSITIVE_INFINITY };
}
