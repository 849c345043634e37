// Restores one pinned npm package folder (package.json + package-lock.json beside each other) into a
// directory named for the lock file's hash. `npm ci` checks every archive against the integrity hash in
// the lock, so what arrives is what was reviewed.
//
//   node restore.mjs SOURCE_DIR TARGET_DIR [--os linux --cpu x64 --libc glibc]
//
// Safe when several builds run it at once: each works in a folder of its own and the last step is one
// rename; whoever comes second finds the target there and throws its copy away.
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

const MIN_NODE_MAJOR = 20; // the packages' own "engines" field

function fail(message) {
  console.error(`native restore: ${message}`);
  process.exit(1);
}

// `dotnet run` builds quietly: MSBuild's own message does not reach the person who waits.
function tellPerson(text) {
  try {
    appendFileSync(process.platform === 'win32' ? '\\\\.\\CONOUT$' : '/dev/tty', text);
  } catch {
    // No terminal: nobody to tell.
  }
}

const [source, target, ...npmFlags] = process.argv.slice(2);
if (!source || !target) fail('usage: node restore.mjs SOURCE_DIR TARGET_DIR [npm flags]');
if (Number(process.versions.node.split('.')[0]) < MIN_NODE_MAJOR)
  fail(`Node ${MIN_NODE_MAJOR} or later is needed, this is ${process.versions.node}.`);
if (existsSync(target)) process.exit(0);

tellPerson(`Fetching native libraries (${basename(source)}, once) ...\n`);
const parent = dirname(resolve(target));
mkdirSync(parent, { recursive: true });
const work = mkdtempSync(join(parent, `.${basename(target)}-`));
chmodSync(work, 0o755); // made for its owner alone, but it becomes the cache of everyone who builds here
try {
  for (const file of ['package.json', 'package-lock.json', '.npmrc'])
    if (existsSync(join(source, file))) copyFileSync(join(source, file), join(work, file));

  const windows = process.platform === 'win32'; // npm is a .cmd there, which only a shell starts
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error', ...npmFlags],
    { cwd: work, stdio: 'inherit', shell: windows });
  if (npm.error?.code === 'ENOENT') throw new Error('npm was not found on the PATH; install Node.js with npm.');
  if (npm.status !== 0)
    throw new Error(`"npm ci" for ${basename(source)} failed (exit ${npm.status ?? npm.signal}); npm says why above.`);

  try {
    renameSync(work, target);
  } catch (error) {
    if (!existsSync(target)) throw error; // not the race, a real failure
  }
} catch (error) {
  process.exitCode = 1;
  console.error(`native restore: ${error.message}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
