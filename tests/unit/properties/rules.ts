/** Rules that are held to many runs: the runs are made once, and every rule looks at the same ones. */
import fc from 'fast-check';

/**
 * Makes the runs of parameters that are drawn at random, and holds rules to them. The seed is fixed, so that a failure
 * comes again.
 *
 * @returns a function that holds a rule to the first so many runs, to all of them when not said. The parameters of a
 * run that breaks it are made as small as they get.
 */
export function rulesFor<P, Run>(
  parameters: fc.Arbitrary<P>,
  run: (p: P) => Run,
  { seed, numRuns: most }: { seed: number; numRuns: number },
): (rule: (run: Run, p: P) => void, numRuns?: number) => void {
  let runs: { readonly p: P; readonly run: Run }[] | undefined;
  const make = () => {
    const made: NonNullable<typeof runs> = [];
    fc.assert(
      fc.property(parameters, (p) => {
        made.push({ p, run: run(p) });
      }),
      { seed, numRuns: most },
    );
    return made;
  };
  return (rule, numRuns = most) => {
    runs ??= make();
    try {
      for (const made of runs.slice(0, numRuns)) rule(made.run, made.p);
    } catch (broken) {
      // The same parameters come again, and then smaller ones.
      fc.assert(
        fc.property(parameters, (p) => rule(run(p), p)),
        { seed, numRuns },
      );
      throw broken;
    }
  };
}
