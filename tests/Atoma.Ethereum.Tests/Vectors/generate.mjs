// Makes vectors.json.gz: what ethers and viem say of random inputs. It stops where the two disagree.
//
//   npm ci --ignore-scripts && node generate.mjs
//
// Numbers are decimal text, bytes are hex text. The seed is fixed: the same versions give the same file.
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { isDeepStrictEqual } from 'node:util';
import { ethers } from 'ethers';
import * as viem from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

let seed = 0x61746f6d; // xorshift32
function random() {
  seed ^= seed << 13;
  seed >>>= 0;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  seed >>>= 0;
  return seed / 2 ** 32;
}
const below = n => Math.floor(random() * n);
const pick = list => list[below(list.length)];
const bytes = n => ethers.hexlify(Uint8Array.from({ length: n }, () => below(256)));
const number = n => BigInt(bytes(n));
const address = () => ethers.getAddress(bytes(20));
const many = (n, make) => Array.from({ length: n }, (_, i) => make(i));

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
function key() {
  for (;;) {
    const k = bytes(32);
    if (BigInt(k) > 0n && BigInt(k) < ORDER) return k;
  }
}

const text = value => JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? v.toString() : v)));

function agreed(what, ours, theirs) {
  if (!isDeepStrictEqual(ours, theirs)) throw new Error(`${what}: ethers says ${JSON.stringify(text(ours))}, viem says ${JSON.stringify(text(theirs))}`);
  return ours;
}

const keccak = many(200, i => {
  const data = bytes(i < 150 ? i : 130 + below(700));
  return { data, hash: agreed('keccak', ethers.keccak256(data), viem.keccak256(data)) };
});

const edgeKeys = ['0x' + '1'.padStart(64, '0'), '0x' + (ORDER - 1n).toString(16)];
const edgeHashes = ['0x' + '0'.repeat(64), '0x' + 'f'.repeat(64)];
const signatures = [];
for (let i = 0; i < 200; i++) {
  const privateKey = edgeKeys[i] ?? key();
  const hash = edgeHashes[i % 7] ?? bytes(32);
  const signed = new ethers.SigningKey(privateKey).sign(hash);
  const account = privateKeyToAccount(privateKey);
  const full = agreed('signature', signed.serialized, await account.sign({ hash }));
  const compact = agreed('compact signature', signed.compactSerialized, viem.serializeCompactSignature(viem.signatureToCompactSignature(viem.parseSignature(full))));
  agreed('recovery', ethers.recoverAddress(hash, full), await viem.recoverAddress({ hash, signature: full }));
  signatures.push({ privateKey, address: agreed('address', ethers.computeAddress(privateKey), account.address), hash, full, compact });
}

const personal = [];
for (let i = 0; i < 100; i++) {
  const privateKey = key();
  const message = bytes(pick([0, 1, 9, 10, 32, 99, 100, 101, 500]));
  const signature = agreed(
    'personal message', await new ethers.Wallet(privateKey).signMessage(ethers.getBytes(message)), await privateKeyToAccount(privateKey).signMessage({ message: { raw: message } }));
  personal.push({ privateKey, message, digest: agreed('personal digest', ethers.hashMessage(ethers.getBytes(message)), viem.hashMessage({ raw: message })), signature });
}

// The structs that the contracts know (contracts/src).
const fields = list => list.split(',').map(f => ({ type: f.split(' ')[0], name: f.split(' ')[1] }));
const structs = {
  Voucher: fields('address user,uint128 cumulative'),
  NodeBinding: fields('address node,address owner'),
  ReceiptKey: fields('address node,address key'),
  Verdict: fields('bytes32 id,address node,bytes32 request,address victim,uint128 amount,uint16 honest,uint16 resolvers,uint8 kind,bytes32 evidence,uint64 deadline'),
  Ruling: fields('bytes32 id,bool uphold'),
  Answer: fields('bytes32 request,bytes32 resultHash'),
};
const LEDGER_MAX = 2n ** 63n - 1n; // the ledger's amounts
function field({ type, name }) {
  if (type === 'address') return address();
  if (type === 'bytes32') return bytes(32);
  if (type === 'bool') return below(2) === 1;
  if (name === 'kind') return BigInt(below(2));
  if (type === 'uint16') return BigInt(below(1 << 16));
  return number(8) & LEDGER_MAX;
}
const typed = [];
for (const [primaryType, members] of Object.entries(structs)) {
  for (let i = 0; i < 20; i++) {
    const domain = {
      name: primaryType === 'Answer' ? 'Atoma Gateway' : 'Atoma Settlement', version: '1', chainId: 1 + below(2 ** 31), verifyingContract: address(),
    };
    const message = Object.fromEntries(members.map(m => [m.name, field(m)]));
    const types = { [primaryType]: members };
    const privateKey = key();
    typed.push(text({
      primaryType, chainId: domain.chainId, contract: domain.verifyingContract, message, privateKey,
      digest: agreed('typed data', ethers.TypedDataEncoder.hash(domain, types, message), viem.hashTypedData({ domain, types, primaryType, message })),
      signature: agreed(
        'typed signature', await new ethers.Wallet(privateKey).signTypedData(domain, types, message),
        await privateKeyToAccount(privateKey).signTypedData({ domain, types, primaryType, message })),
    }));
  }
}

const tree = depth => (depth < 5 && below(3) === 0 ? many(below(6), () => tree(depth + 1)) : bytes(pick([0, 1, 1, 2, 20, 55, 56, 57, 255, 256, 300])));
const rlp = many(300, () => {
  const value = tree(0);
  return { value, encoded: agreed('rlp', ethers.encodeRlp(value), viem.toRlp(value)) };
});

const transactions = [];
for (let i = 0; i < 200; i++) {
  const privateKey = key();
  const fields = {
    chainId: 1 + below(2 ** 31), nonce: pick([0, 1, 127, 128, below(2 ** 31)]), maxPriorityFeePerGas: number(pick([1, 4, 8])), maxFeePerGas: number(9), gas: BigInt(21_000 + below(2 ** 24)),
    to: i % 4 === 0 ? null : address(), value: number(pick([1, 8, 20])), data: bytes(pick([0, 1, 4, 36, 55, 56, 100, 1_000])),
    accessList: i % 3 === 0 ? many(below(4), () => ({ address: address(), storageKeys: many(below(4), () => bytes(32)) })) : [],
  };
  fields.maxFeePerGas += fields.maxPriorityFeePerGas;
  const raw = agreed(
    'transaction', await new ethers.Wallet(privateKey).signTransaction({ ...fields, type: 2, gas: undefined, gasLimit: fields.gas }),
    await privateKeyToAccount(privateKey).signTransaction({ ...fields, type: 'eip1559' }));
  transactions.push({ privateKey, ...text(fields), raw, hash: agreed('transaction hash', ethers.Transaction.from(raw).hash, viem.keccak256(raw)) });
}

const BASE = ['uint256', 'int256', 'uint8', 'int8', 'int64', 'uint128', 'uint24', 'int136', 'address', 'bool', 'bytes32', 'bytes1', 'bytes4', 'bytes31', 'bytes', 'string'];
function type(depth) {
  const r = random();
  if (depth < 4 && r < 0.2) return `${type(depth + 1)}[]`;
  if (depth < 4 && r < 0.32) return `${type(depth + 1)}[${1 + below(3)}]`;
  if (depth < 4 && r < 0.5) return `(${many(1 + below(4), () => type(depth + 1)).join(',')})`;
  return pick(BASE);
}
function value(t) {
  if (t.baseType === 'array') return many(t.arrayLength < 0 ? below(4) : t.arrayLength, () => value(t.arrayChildren));
  if (t.baseType === 'tuple') return t.components.map(value);
  const edge = below(8);
  switch (t.type) {
    case 'address': return address();
    case 'bool': return below(2) === 1;
    case 'bytes': return bytes(pick([0, 1, 31, 32, 33, 64, below(100)]));
    case 'string': return 'é✓𝛼'.slice(0, pick([0, 1, 2, 4])) + bytes(below(40));
  }
  if (t.type.startsWith('bytes')) return bytes(Number(t.type.slice(5)));
  const bits = Number(t.type.replace(/^u?int/, ''));
  if (t.type.startsWith('uint')) return edge === 0 ? 0n : edge === 1 ? 2n ** BigInt(bits) - 1n : number(bits / 8);
  return edge === 0 ? -(2n ** BigInt(bits - 1)) : edge === 1 ? 2n ** BigInt(bits - 1) - 1n : BigInt.asIntN(bits, number(bits / 8));
}
const abi = many(1_000, () => {
  const types = many(below(5), () => ethers.ParamType.from(type(0)));
  const values = types.map(value);
  const encoded = agreed(
    'abi', ethers.AbiCoder.defaultAbiCoder().encode(types, values), viem.encodeAbiParameters(types.map(t => JSON.parse(t.format('json'))), values));
  return { types: types.map(t => t.format('sighash')), values: text(values), encoded };
});

const DECLARED = 'event Probe(address indexed from, bytes32 indexed key, string indexed name, uint256 n, bytes data, (uint256 a, string b, address[] c) inner)';
const probe = new ethers.Interface([DECLARED]);
const events = many(100, () => {
  const values = [address(), bytes(32), 'n' + bytes(below(40)), number(32), bytes(below(80)), [number(8), 's' + below(1_000), many(below(3), address)]];
  const log = probe.encodeEventLog('Probe', values);
  const declared = viem.parseAbiItem(DECLARED);
  agreed('event topics', log.topics, viem.encodeEventTopics({ abi: [declared], args: { from: values[0], key: values[1], name: values[2] } }));
  agreed('event data', log.data, viem.encodeAbiParameters(declared.inputs.slice(3), [values[3], values[4], { a: values[5][0], b: values[5][1], c: values[5][2] }]));
  return text({ values, topics: log.topics, data: log.data });
});

const created = many(200, () => {
  const [from, nonce] = [address(), pick([0, 1, 127, 128, 255, 256, below(2 ** 31)])];
  return { from, nonce, address: agreed('create', ethers.getCreateAddress({ from, nonce }), viem.getContractAddress({ from, nonce: BigInt(nonce) })) };
});

const checksums = many(200, () => {
  const plain = bytes(20);
  return { plain, checksum: agreed('EIP-55', ethers.getAddress(plain), viem.getAddress(plain)) };
});

// Payout trees (spec of PayoutTree): leaves hashed twice, siblings sorted, an odd node moves up.
const pair = (hash, concat, a, b) => (BigInt(a) <= BigInt(b) ? hash(concat([a, b])) : hash(concat([b, a])));
function root(leaves, hash, concat) {
  let level = leaves;
  while (level.length > 1) level = many(Math.ceil(level.length / 2), i => (2 * i + 1 < level.length ? pair(hash, concat, level[2 * i], level[2 * i + 1]) : level[2 * i]));
  return level[0];
}
const payouts = many(40, i => {
  const leaves = many(i + 1, () => ({ payee: address(), cumulative: number(8) & LEDGER_MAX }));
  const ours = leaves.map(l => ethers.keccak256(ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(['address', 'uint128'], [l.payee, l.cumulative]))));
  const theirs = leaves.map(l => viem.keccak256(viem.keccak256(viem.encodeAbiParameters([{ type: 'address' }, { type: 'uint128' }], [l.payee, l.cumulative]))));
  return text({ leaves, root: agreed('payout tree', root(ours, ethers.keccak256, ethers.concat), root(theirs, viem.keccak256, viem.concat)) });
});

// viem has no keystores. ethers makes these, and has to open one of ours.
const keystores = [];
for (const passphrase of ['', 'correct horse', 'Zürich ✓']) {
  const privateKey = key();
  const json = ethers.encryptKeystoreJsonSync(
    { address: ethers.computeAddress(privateKey), privateKey }, passphrase, { scrypt: { N: 1024, r: 8, p: 1 }, iv: bytes(16), salt: bytes(32), uuid: bytes(16) });
  keystores.push({ passphrase, privateKey, json: JSON.stringify({ ...JSON.parse(json), 'x-ethers': undefined }) });
}
const ours = readFileSync(new URL('keystore-ours.json', import.meta.url), 'utf8');
agreed('our keystore', ethers.Wallet.fromEncryptedJsonSync(ours, 'correct horse').privateKey, '0x' + '46'.repeat(32));

const vectors = { keccak, signatures, personal, typed, rlp, transactions, abi, events, created, checksums, payouts, keystores };
const file = gzipSync(JSON.stringify(vectors), { level: 9 });
file[9] = 255; // no operating system's name in the header
writeFileSync(new URL('vectors.json.gz', import.meta.url), file);
for (const [name, list] of Object.entries(vectors)) console.log(`${name}: ${list.length}`);
console.log(`${file.length} bytes`);
