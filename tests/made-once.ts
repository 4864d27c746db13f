/** A function whose answers are kept: the same parameters give the same run, and many tests look at it. */
export function madeOnce<Given, Made>(make: (given: Given) => Made): (given: Given) => Made {
  const made = new Map<string, Made>();
  return (given) => {
    const key = JSON.stringify(given);
    const known = made.get(key);
    if (known !== undefined) return known;
    const fresh = make(given);
    made.set(key, fresh);
    return fresh;
  };
}
