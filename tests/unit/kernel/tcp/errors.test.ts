import { describe, expect, it } from 'vitest';
import { timeoutFailure, whyErrno } from '#simulations/kernel/tcp/errors.ts';

describe('a timeout', () => {
  it.each([null, 'EHOSTUNREACH'] as const)('says the errno that it leaves: %s noted before', (noted) => {
    const { errno, says } = timeoutFailure(3, noted, 'tcp_write_err:errno', whyErrno(noted));
    expect(errno).toBe(noted ?? 'ETIMEDOUT');
    expect(says).toBe(`3 tries without an answer: *Linux gives up with ${errno}*.`);
  });
});
