// The pinned tools: restored on first use by native/restore.mjs into a folder named for the lock file's hash, as the
// build does with the native libraries.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const contracts = dirname(fileURLToPath(import.meta.url));
const root = resolve(contracts, '..');
const HASH_DIGITS = 12; // as in native/Native.targets

/** Folder of a restored package folder; `folder` is relative to the repository's root. */
export function restore(folder, npmFlags = []) {
  const source = join(root, folder);
  const hash = createHash('sha256').update(readFileSync(join(source, 'package-lock.json'))).digest('hex').slice(0, HASH_DIGITS);
  const target = join(root, 'artifacts', 'native', `${basename(source)}-${hash}`);
  if (!existsSync(target))
    execFileSync(process.execPath, [join(root, 'native', 'restore.mjs'), source, target, ...npmFlags], { stdio: 'inherit' });
  return target;
}
