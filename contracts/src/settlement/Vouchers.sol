// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Signatures} from "../shared/Signatures.sol";
import {Payouts} from "./Payouts.sol";
import {RequesterDeposits} from "./RequesterDeposits.sol";

/// @title Vouchers
/// @notice A requester signs how much it may have spent over its account's life; the settler redeems what it did spend, up
/// to that. Nothing else takes from a deposit, and a voucher that comes twice or late takes nothing.
abstract contract Vouchers is RequesterDeposits, Payouts {
    bytes32 public constant VOUCHER_TYPE = keccak256("Voucher(address user,uint128 cumulative)");

    /// @notice Bytes of one packed voucher: user 20, spent 16, cumulative 16, EIP-2098 signature 64.
    uint256 public constant VOUCHER_LENGTH = 116;
    /// @notice Vouchers of one call; about 12 million gas.
    uint256 public constant VOUCHERS_MAX = 1_000;

    event VoucherRedeemed(address indexed user, uint128 redeemed, uint128 taken);

    error VouchersMalformed(uint256 length);
    error SpentExceedsVoucher(address user, uint128 spent, uint128 cumulative);

    /// @notice Collects what requesters spent. A requester who left with its balance meanwhile yields what is there, so
    /// that it cannot hold up the others; the rest stays collectable.
    function redeem(bytes calldata packed) external onlySettler {
        uint256 count = packed.length / VOUCHER_LENGTH;
        if (count * VOUCHER_LENGTH != packed.length) revert VouchersMalformed(packed.length);
        if (count > VOUCHERS_MAX) revert TooMany(count, VOUCHERS_MAX);
        uint128 sum;
        for (uint256 i; i < count; ++i) {
            sum += _redeemOne(packed[i * VOUCHER_LENGTH:(i + 1) * VOUCHER_LENGTH]);
        }
        backing += sum;
    }

    /// @notice Gives a requester some of what no root has promised: compensation that could not be netted (P5.9, P8.4).
    function credit(address user, uint128 amount) external onlySettler whenNotPaused {
        if (user == address(0)) revert ZeroAddress();
        if (amount == 0) revert ZeroAmount();
        _takeFreeBacking(amount);
        _credit(user, amount);
    }

    function _redeemOne(bytes calldata voucher) private returns (uint128 taken) {
        address user = address(bytes20(voucher[0:20]));
        uint128 spent = uint128(bytes16(voucher[20:36]));
        uint128 cumulative = uint128(bytes16(voucher[36:52]));
        if (spent > cumulative) revert SpentExceedsVoucher(user, spent, cumulative);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(VOUCHER_TYPE, user, cumulative)));
        address signer = Signatures.signerCompact(digest, bytes32(voucher[52:84]), bytes32(voucher[84:116]));
        if (signer == address(0) || signer != user) revert BadSignature(user);

        Account storage a = _accounts[user];
        (uint128 redeemed, uint128 balance) = (a.redeemed, a.balance);
        if (spent <= redeemed) return 0; // stale or replayed
        taken = spent - redeemed < balance ? spent - redeemed : balance;
        if (taken == 0) return 0;
        a.redeemed = redeemed + taken;
        a.balance = balance - taken;
        emit VoucherRedeemed(user, redeemed + taken, taken);
    }
}
