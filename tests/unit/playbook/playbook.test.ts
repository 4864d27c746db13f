import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stepsOf } from '#site/playbook/playbook.ts';
import { openSteps } from '#site/playbook/walk.ts';

const INCIDENTS = 'content/incidents';
const written = readdirSync(INCIDENTS).map((slug) => {
  const file = join(INCIDENTS, slug, 'playbook.mdx');
  expect(existsSync(file), file).toBe(true);
  const mdx = readFileSync(file, 'utf8');
  return { slug, mdx, steps: stepsOf(mdx) };
});

describe('the file of a playbook', () => {
  test('is read as steps with their commands and answers, in the order of the text', () => {
    const [first, aid, ...rest] = stepsOf(`
<Step id="whose" title="Whose?">

\`\`\`sh
ss -tan
cat <<END
\`\`\`

Or <Command run="lsof -p PID" /> or <Command run={\`gdb -ex 'bt "x"'\`} />.

\`\`\`c
int not_a_command;
\`\`\`

<Answers ask="It is">
<Answer says="\`a\`" means="b"
  to="aid" />
<Answer says="c" means="d" leads="Not this incident">

More.

</Answer>
</Answers>

</Step>
<Step aid id="aid" title="Stop" />`);
    expect(rest).toEqual([]);
    expect(first).toEqual({
      id: 'whose',
      title: 'Whose?',
      number: 1,
      commands: ['ss -tan\ncat <<END', 'lsof -p PID', `gdb -ex 'bt "x"'`],
      answers: [
        { says: '`a`', means: 'b', to: 'aid', leads: undefined },
        { says: 'c', means: 'd', to: undefined, leads: 'Not this incident' },
      ],
    });
    expect(aid).toMatchObject({ id: 'aid', number: undefined });
  });

  test('is refused where a step has no name, two have one, or an answer leads nowhere', () => {
    expect(() => stepsOf('<Step title="x">')).toThrow('needs id and title');
    expect(() => stepsOf('<Step id="x" title="x" />\n<Step id="x" title="y" />')).toThrow('two steps');
    expect(() => stepsOf('<Step id="x" title="x">\n<Answer says="s" means="m" to="y" />')).toThrow(
      'leads to no step',
    );
  });
});

describe.each(written)('the playbook of $slug', ({ mdx, steps }) => {
  test('is read whole', () => {
    for (const tag of ['Step', 'Answer', 'Command'])
      expect(
        steps.reduce(
          (sum, { answers, commands }) => sum + ({ Step: 1, Answer: answers.length }[tag] ?? commands.length),
          0,
        ),
        tag,
      ).toBe(
        [...mdx.matchAll(tag === 'Command' ? /<Command |^```sh/gm : new RegExp(`<${tag} `, 'g'))].length,
      );
  });

  test('has a command first in every step that is not about languages, and two answers or more', () => {
    for (const { id, commands, answers } of steps) {
      expect(commands.length, id).toBeGreaterThan(0);
      expect(answers.length, id).toBeGreaterThan(1);
    }
  });

  test('is a tree: each step can be reached from the first by answers', () => {
    const forks = steps.map(({ id, answers }) => ({ id, leads: answers.map(({ to }) => to) }));
    const reached = new Set([forks[0]?.id]);
    for (let before = 0; before !== reached.size; ) {
      before = reached.size;
      for (const { id, leads } of forks)
        if (reached.has(id))
          for (const [i] of leads.entries())
            for (const open of openSteps(forks, { answers: { [id]: i }, byHand: { [id]: true } }))
              reached.add(open);
    }
    expect([...reached].sort()).toEqual(steps.map(({ id }) => id).sort());
  });

  test('ends: from every step one can get to a remedy, another page or “not this incident”', () => {
    for (const { id, answers } of steps) {
      const seen = new Set([id]);
      const ends = (from: typeof answers): boolean =>
        from.some(({ to }) => {
          const next = steps.find((step) => step.id === to);
          if (!next) return true;
          if (seen.has(next.id)) return false;
          seen.add(next.id);
          return ends(next.answers);
        });
      expect(ends(answers), id).toBe(true);
    }
  });
});
