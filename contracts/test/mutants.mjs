// Flaws that test.mjs --mutants plants, one at a time. The first entry plants none: the campaign has to pass it.
export const mutants = [
  { name: 'none' },
  {
    name: 'cancelled-root-keeps-its-total',
    file: 'src/settlement/Payouts.sol',
    find: 'posted = newest.postedBefore > claimedTotal ? newest.postedBefore : claimedTotal;',
    replace: '',
  },
  {
    name: 'withdrawal-ignores-what-is-frozen',
    file: 'src/settlement/CollateralVault.sol',
    find: '_takeFromTranches(node, n.bonded + n.unbonding - n.frozen, uint64(block.timestamp))',
    replace: '_takeFromTranches(node, n.unbonding, uint64(block.timestamp))',
  },
  {
    name: 'claims-without-the-cap-of-what-was-posted',
    file: 'src/settlement/Payouts.sol',
    find: 'if (total > posted) revert ClaimsExceedRoot(posted, total);',
    replace: '',
  },
  {
    name: 'root-beyond-the-backing',
    file: 'src/settlement/Payouts.sol',
    find: 'if (total < posted || total > backing)',
    replace: 'if (total < posted)',
  },
  {
    name: 'credit-of-what-roots-promised',
    file: 'src/settlement/Payouts.sol',
    find: 'uint128 free = backing - posted;',
    replace: 'uint128 free = backing;',
  },
  {
    name: 'voucher-can-be-replayed',
    file: 'src/settlement/Vouchers.sol',
    find: 'a.redeemed = redeemed + taken;',
    replace: 'a.redeemed = redeemed + taken / 2;',
  },
  {
    name: 'slash-spares-what-is-unbonding',
    file: 'src/settlement/CollateralVault.sol',
    find: 'if (rest != 0) _takeFromTranches(node, rest, type(uint64).max);',
    replace: 'rest;',
  },
  {
    name: 'second-unbond-resets-the-first',
    file: 'src/settlement/CollateralVault.sol',
    find: '_tranches[node].push(Tranche(amount, availableAt));',
    replace: 'if (_tranches[node].length != 0) _tranches[node][0] = Tranche(amount, availableAt); else _tranches[node].push(Tranche(amount, availableAt));',
  },
  {
    name: 'returned-slash-stays-frozen',
    file: 'src/settlement/Slashing.sol',
    find: '_unfreeze(slash.node, slash.amount);',
    replace: '',
  },
  {
    name: 'exit-expires',
    file: 'src/settlement/RequesterDeposits.sol',
    find: 'if (block.timestamp < a.exitAt) revert ExitTooEarly(a.exitAt);',
    replace: 'if (block.timestamp < a.exitAt || block.timestamp > a.exitAt + 40 days) revert ExitTooEarly(a.exitAt);',
  },
  {
    name: 'refund-goes-to-nobody',
    file: 'src/InferenceGateway.sol',
    find: '_close(id, r.caller, r.maxFee - fee);',
    replace: '_close(id, address(this), r.maxFee - fee);',
  },
];
