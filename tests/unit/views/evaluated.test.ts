import { describe, expect, it } from 'vitest';
import { registered } from '#simulations/catalogue.ts';
import { settleParameters } from '#simulations/engine/parameters.ts';
import { and, comparison, type Decision, formula, or } from '#simulations/trace/decision.ts';
import { isMissing, loadExcerpts } from '#site/excerpts/excerpt.ts';
import { type CodeLine, cameTo, evaluated } from '#site/views/evaluated.ts';

const line = (text: string): CodeLine => [{ text, kind: null }];
const plain = (markup: string): string =>
  markup
    .replace(/<span class="value".*?<\/span>/g, '')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
const valuesIn = (markup: string): string[] =>
  [...markup.matchAll(/<span class="value"[^>]*>(.*?)<\/span>/g)].map(([, value = '']) => value);

describe('a line that decided', () => {
  it('has under each operand its value, with its unit', () => {
    const [markup = ''] = evaluated(
      [line('if ((u32)(now - icsk->icsk_ack.lrcvtime) < icsk->icsk_ack.ato)')],
      comparison(
        'a:b',
        true,
        [
          ['now - icsk->icsk_ack.lrcvtime', 0, 'ms'],
          ['icsk->icsk_ack.ato', 40, 'ms'],
        ],
        'it counts as a reply',
      ),
    );
    expect(valuesIn(markup)).toEqual(['0 s', '40 ms']);
    expect(plain(markup)).toBe('if ((u32)(now - icsk->icsk_ack.lrcvtime) < icsk->icsk_ack.ato)');
  });

  it('says of each part of a condition whether it holds, and which of them made the result', () => {
    const [markup = ''] = evaluated(
      [line('(!nonagle && tp->packets_out && tcp_minshall_check(tp))')],
      and(
        'a:b',
        [
          ['!nonagle', true],
          ['tp->packets_out', 1, 'segments'],
          ['tcp_minshall_check(tp)', false],
        ],
        'the segment goes out',
      ),
    );
    expect([...markup.matchAll(/data-holds="(\w+)"/g)].map(([, holds]) => holds)).toEqual([
      'true',
      'true',
      'false',
    ]);
    expect(markup.match(/operand made-it/g)).toHaveLength(1);
    expect(valuesIn(markup)).toEqual(['true', '1 segment', 'false']);
  });

  it('has no dots under a formula, whose operands are neither true nor false', () => {
    const [markup = ''] = evaluated(
      [line('return noblock ? 0 : sk->sk_sndtimeo;')],
      formula('a:b', 'no limit', [['sk->sk_sndtimeo', null, 'ms']], 'it sleeps'),
    );
    expect(markup).not.toContain('data-holds');
    expect(valuesIn(markup)).toEqual(['none']);
  });

  it('keeps the colours of its code, also where an operand begins in the middle of one', () => {
    const [markup = ''] = evaluated(
      [
        [
          { text: 'if (', kind: 'k' },
          { text: 'skb && more', kind: null },
          { text: ' /* so */', kind: 'c' },
        ],
      ],
      and('a:b', [['skb', true]], 'it goes'),
    );
    expect(markup.startsWith('<span class="k">if (</span><span class="operand made-it">')).toBe(true);
    expect(markup.endsWith(' &amp;&amp; more<span class="c"> /* so */</span>')).toBe(true);
  });

  it('does not take a part of a longer name for an operand', () => {
    const [markup = ''] = evaluated(
      [line('m = min(m, rto)')],
      comparison(
        'a:b',
        true,
        [
          ['rto', 200, 'ms'],
          ['m', 3, 'ms'],
        ],
        'x',
      ),
    );
    expect(plain(markup)).toBe('m = min(m, rto)');
    expect(markup.indexOf('3 ms')).toBeLessThan(markup.indexOf('= min'));
  });

  it('stands as it is where no values were noted', () => {
    expect(evaluated([line('a < b')], null)).toEqual(['a &lt; b']);
  });

  it('says what it came to and what follows', () => {
    expect(cameTo(or('a:b', [['x', 0]], 'nothing goes'))).toBe('<strong>false:</strong> nothing goes.');
  });
});

describe('every decision of every preset', () => {
  it('shows all its operands in the lines of its mark, and leaves the code as it was', async () => {
    const excerpts = await loadExcerpts();
    const seen = new Set<string>();
    for (const { simulation } of Object.values(registered))
      for (const { given } of simulation.presets) {
        const { values } = settleParameters(simulation.parameters, given);
        for (const { decision } of simulation.run(values).events) {
          const key = decision && JSON.stringify([decision.mark, decision.operands]);
          if (!decision || !key || seen.has(key)) continue;
          seen.add(key);
          expectWhole(decision, linesOf(excerpts, decision));
        }
      }
    expect(seen.size).toBeGreaterThan(30);
  }, 120_000);
});

function linesOf(excerpts: Awaited<ReturnType<typeof loadExcerpts>>, { mark }: Decision): string[] {
  const [id = '', name = ''] = mark.split(':');
  const excerpt = excerpts.get(id);
  if (!excerpt || isMissing(excerpt)) return [];
  const range = excerpt.marks[name];
  if (!range) throw new Error(`no mark ${mark}`);
  return excerpt.text
    .split('\n')
    .slice(range.first_line - excerpt.first_line, range.last_line - excerpt.first_line + 1);
}

function expectWhole(decision: Decision, code: readonly string[]): void {
  if (code.length === 0) return;
  const markup = evaluated(code.map(line), decision);
  expect(markup.map(plain)).toEqual(code);
  expect(markup.flatMap(valuesIn), decision.mark).toHaveLength(decision.operands.length);
}
