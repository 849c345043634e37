// How the contracts are compiled: by compile.mjs for what is committed, and by foundry.toml for the tests.
export const settings = {
  evmVersion: 'cancun', // transient storage
  optimizer: { enabled: true, runs: 200 },
  viaIR: true,
  metadata: { appendCBOR: false, bytecodeHash: 'none' }, // the same source gives the same bytes anywhere
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
};

export function compilerInput(paths, read) {
  return {
    language: 'Solidity',
    sources: Object.fromEntries(paths.map(path => [path, { content: read(path).contents }])),
    settings,
  };
}
