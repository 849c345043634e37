// Compiles the contracts with the pinned compiler and library and writes artifacts/NAME.json.
//
//   node contracts/compile.mjs           write
//   node contracts/compile.mjs --check   compare what is committed with what the source gives; exit 1 when they differ
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { contracts, restore } from './tools.mjs';
import { compilerInput } from './settings.mjs';

const CODE_SIZE_MAX = 24_576; // EIP-170
const ENTRIES = {
  AtomaSettlement: 'src/AtomaSettlement.sol',
  InferenceGateway: 'src/InferenceGateway.sol',
  DevelopmentToken: 'src/DevelopmentToken.sol',
  ProposalVote: 'examples/ProposalVote.sol',
};

function compile(modules) {
  const solc = createRequire(join(modules, 'solc', 'package.json'))('solc');
  const read = path => {
    try {
      return { contents: readFileSync(path.startsWith('@') ? join(modules, path) : join(contracts, path), 'utf8') };
    } catch {
      return { error: `${path} was not found` };
    }
  };
  const output = JSON.parse(solc.compile(JSON.stringify(compilerInput(Object.values(ENTRIES), read)), { import: read }));
  // A warning about the library's own source is its authors' business; everything else has to be clean.
  const problems = (output.errors ?? []).filter(e => e.severity === 'error' || !e.sourceLocation?.file.startsWith('@'));
  for (const problem of problems) console.error(problem.formattedMessage);
  if (problems.length > 0) throw new Error(`solc reported ${problems.length} problem(s); warnings count too.`);
  return output.contracts;
}

/** One artifact as text: what clients bind to, and the hash by which a deployed contract is recognised. */
function artifact(name, contract) {
  const runtime = Buffer.from(contract.evm.deployedBytecode.object, 'hex');
  if (runtime.length > CODE_SIZE_MAX) throw new Error(`${name} has ${runtime.length} bytes of code; a chain takes ${CODE_SIZE_MAX}.`);
  const value = {
    contract: name,
    abi: contract.abi,
    bytecode: `0x${contract.evm.bytecode.object}`,
    runtimeBytes: runtime.length,
    // Immutables are zero here, so it is the hash of the template, not of the code on a chain.
    runtimeTemplateSha256: createHash('sha256').update(runtime).digest('hex'),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function main() {
  const check = process.argv.includes('--check');
  const compiled = compile(join(restore('contracts'), 'node_modules'));
  mkdirSync(join(contracts, 'artifacts'), { recursive: true });
  const stale = [];
  for (const [name, path] of Object.entries(ENTRIES)) {
    const text = artifact(name, compiled[path][name]);
    const file = join(contracts, 'artifacts', `${name}.json`);
    if (!check) writeFileSync(file, text);
    else if (committed(file) !== text) stale.push(name);
    console.log(`${name}: ${JSON.parse(text).runtimeBytes} bytes of ${CODE_SIZE_MAX}`);
  }
  if (stale.length > 0)
    throw new Error(`artifacts of ${stale.join(', ')} are not what the source gives; run "node contracts/compile.mjs" and commit them.`);
}

function committed(file) {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  } catch {
    return null;
  }
}

try {
  main();
} catch (error) {
  console.error(`contracts: ${error.message}`);
  process.exitCode = 1;
}
