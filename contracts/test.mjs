// Tests the contracts with the pinned forge, offline. The tests run against what is committed under artifacts/.
//
//   node contracts/test.mjs              every test, and a short campaign of random calls
//   node contracts/test.mjs --fuzz N     a campaign of at least N calls; prints calls and reverts of each action
//   node contracts/test.mjs --mutants    planted flaws, each of which the campaign or the unit tests have to find
//   node contracts/test.mjs --coverage   lines and branches that the tests reach (artifacts/forge/lcov.info)
//   node contracts/test.mjs --gas        the gas of real transactions, as docs/settlement.md has it
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { contracts, restore } from './tools.mjs';
import { mutants } from './test/mutants.mjs';

const CAMPAIGN = 'SettlementInvariants';
const GAS = 'GasReport';
const DEPTH = 500; // calls of one run: long enough for a collateral to come, be slashed and go
const MUTANT_RUNS = 80; // at most; a flaw ends the campaign

const modules = join(restore('contracts'), 'node_modules');
const output = resolve(contracts, '..', 'artifacts', 'forge');

function forgePath() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`forge is pinned for linux-x64 (native/chain); this is ${process.platform}-${process.arch}.`);
  return join(restore('native/chain/forge-linux-x64'), 'node_modules/@foundry-rs/forge-linux-amd64/bin/forge');
}

/** Runs forge on a project folder; `environment` adds to how foundry.toml configures it. */
function forge(root, args, environment = {}, stdio = 'inherit') {
  return spawnSync(forgePath(), [...args, '--root', root, '--remappings', `@openzeppelin/=${modules}/@openzeppelin/`], {
    cwd: root,
    stdio,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: {
      ...process.env,
      ATOMA_CONTRACTS_MODULES: modules,
      FOUNDRY_ALLOW_PATHS: JSON.stringify([modules]),
      FOUNDRY_DISABLE_NIGHTLY_WARNING: '1',
      ...environment,
    },
  });
}

function campaign(runs) {
  return { FOUNDRY_INVARIANT_RUNS: String(runs), FOUNDRY_INVARIANT_DEPTH: String(DEPTH) };
}

function runTests() {
  return forge(contracts, ['test', '--no-match-contract', GAS]).status || runGas();
}

function runFuzz(calls) {
  if (!Number.isInteger(calls) || calls < 1) throw new Error('--fuzz takes the number of calls, for example 1000000.');
  return forge(contracts, ['test', '--match-contract', CAMPAIGN], campaign(Math.ceil(calls / DEPTH))).status;
}

function runCoverage() {
  const args = ['coverage', '--no-match-contract', `${CAMPAIGN}|${GAS}`, '--no-match-coverage', '^test/|node_modules/',
    '--report', 'summary', '--report', 'lcov', '--report-file', join(output, 'lcov.info')];
  return forge(contracts, args, { ATOMA_FROM_SOURCE: 'true', FOUNDRY_OUT: join(output, 'coverage'), FOUNDRY_CACHE: 'false' }).status;
}

function runGas() {
  return forge(contracts, ['test', '--match-contract', GAS, '--isolate', '-vv']).status;
}

/** Plants one flaw in a copy of the project and says whether the tests saw it. */
function finds(mutant) {
  const root = join(output, 'mutant');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  for (const part of ['src', 'examples', 'test', 'foundry.toml']) cpSync(join(contracts, part), join(root, part), { recursive: true });
  if (mutant.file) plant(join(root, mutant.file), mutant);

  const environment = { ATOMA_FROM_SOURCE: 'true', FOUNDRY_OUT: 'out', FOUNDRY_CACHE_PATH: 'cache', FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT: '0', ...campaign(MUTANT_RUNS) };
  const which = mutant.by === 'unit' ? ['--no-match-contract', `${CAMPAIGN}|${GAS}`] : ['--match-contract', CAMPAIGN];
  const result = forge(root, ['test', ...which], environment, 'pipe');
  const failure = /\[FAIL: ([^\]]*)\]/.exec(result.stdout);
  if (result.status !== 0 && !failure) throw new Error(`${mutant.name} did not run:\n${result.stdout}${result.stderr}`);
  const calls = /calls: (\d+)/.exec(result.stdout)?.[1];
  rmSync(root, { recursive: true, force: true });
  return { found: result.status !== 0, message: failure?.[1] ?? '', calls };
}

function plant(file, { name, find, replace }) {
  const source = readFileSync(file, 'utf8');
  if (source.split(find).length !== 2) throw new Error(`mutant ${name}: its place is not there exactly once in ${file}.`);
  writeFileSync(file, source.replace(find, () => replace));
}

function runMutants() {
  let missed = 0;
  for (const mutant of mutants) {
    const { found, message, calls } = finds(mutant);
    const right = found === (mutant.file !== undefined);
    if (!right) missed++;
    console.log(`${right ? 'ok  ' : 'FAIL'} ${mutant.name}: ${found ? `found (${message})` : calls ? `not found in ${calls} calls` : 'not found'}`);
  }
  console.log(`${mutants.length - missed} of ${mutants.length} as expected`);
  return missed === 0 ? 0 : 1;
}

function main([mode, value]) {
  switch (mode) {
    case undefined: return runTests();
    case '--fuzz': return runFuzz(Number(value));
    case '--mutants': return runMutants();
    case '--coverage': return runCoverage();
    case '--gas': return runGas();
    default: throw new Error(`unknown ${mode}; see the head of contracts/test.mjs.`);
  }
}

try {
  process.exitCode = main(process.argv.slice(2)) ?? 1; // null: ended by a signal
} catch (error) {
  console.error(`contracts: ${error.message}`);
  process.exitCode = 1;
}
