#!/usr/bin/env node
// The pinned solc in the shape that forge expects: --version, and --standard-json from stdin to stdout. forge resolves the
// imports itself. ATOMA_CONTRACTS_MODULES is set by test.mjs.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const solc = require(join(process.env.ATOMA_CONTRACTS_MODULES, 'solc'));

if (process.argv.includes('--version')) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')));
} else {
  console.error(`solc.cjs: cannot do ${process.argv.slice(2).join(' ')}`);
  process.exitCode = 1;
}
