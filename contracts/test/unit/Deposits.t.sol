// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {NodeRegistry} from "../../src/settlement/NodeRegistry.sol";
import {Parameters} from "../../src/settlement/Parameters.sol";
import {Payouts} from "../../src/settlement/Payouts.sol";
import {RequesterDeposits} from "../../src/settlement/RequesterDeposits.sol";
import {Vouchers} from "../../src/settlement/Vouchers.sol";
import {TokenVault} from "../../src/shared/TokenVault.sol";
import {Fixture, Key} from "../support/Fixture.sol";
import {VM} from "../support/Vm.sol";

contract DepositsTest is Fixture {
    event Deposited(address indexed user, uint128 amount, uint128 deposited);
    event Exited(address indexed user, uint128 amount);
    event VoucherRedeemed(address indexed user, uint128 redeemed, uint128 taken);

    Key private alice;
    Key private bob;

    function setUp() public override {
        super.setUp();
        alice = key("alice");
        bob = key("bob");
    }

    // --- deposits and exits

    function test_Deposit_ForAnother_CountsGross() external {
        give(STRANGER, 30e6);
        VM.startPrank(STRANGER);
        settlement.deposit(alice.addr, 10e6);
        VM.expectEmit(true, false, false, true, address(settlement));
        emit Deposited(alice.addr, 20e6, 30e6);
        settlement.deposit(alice.addr, 20e6);
        VM.stopPrank();
        _accountIs(alice.addr, 30e6, 0, 0, 0);
    }

    function test_Deposit_Refusals() external {
        reverts(TokenVault.ZeroAddress.selector);
        settlement.deposit(address(0), 1);
        reverts(TokenVault.ZeroAmount.selector);
        settlement.deposit(alice.addr, 0);
        VM.prank(GUARDIAN);
        settlement.pause();
        reverts(abi.encodeWithSelector(Parameters.WhilePaused.selector, START + 3 days));
        settlement.deposit(alice.addr, 1);
    }

    function test_Exit_AfterTheDelay_PaysWithoutAnyone() external {
        depositOf(alice.addr, 50e6);
        VM.prank(GUARDIAN);
        settlement.pause(); // traps nobody
        VM.prank(alice.addr);
        settlement.requestExit(20e6);
        _accountIs(alice.addr, 50e6, 0, 20e6, uint64(START + EXIT));
        VM.warp(START + EXIT - 1);
        reverts(abi.encodeWithSelector(RequesterDeposits.ExitTooEarly.selector, START + EXIT));
        VM.prank(alice.addr);
        settlement.exit();
        VM.warp(START + EXIT);
        VM.expectEmit(true, false, false, true, address(settlement));
        emit Exited(alice.addr, 20e6);
        VM.prank(alice.addr);
        settlement.exit();
        eq(token.balanceOf(alice.addr), 20e6);
        _accountIs(alice.addr, 30e6, 0, 0, 0);
    }

    function test_Exit_Refusals() external {
        depositOf(alice.addr, 50e6);
        VM.startPrank(alice.addr);
        reverts(RequesterDeposits.NoExitPending.selector);
        settlement.exit();
        reverts(RequesterDeposits.NoExitPending.selector);
        settlement.cancelExit();
        reverts(TokenVault.ZeroAmount.selector);
        settlement.requestExit(0);
        reverts(abi.encodeWithSelector(RequesterDeposits.BalanceInsufficient.selector, 50e6, 50e6 + 1));
        settlement.requestExit(50e6 + 1);
        settlement.requestExit(10e6);
        VM.warp(START + 1);
        reverts(abi.encodeWithSelector(RequesterDeposits.ExitPending.selector, START + EXIT));
        settlement.requestExit(20e6); // never resets the first
        settlement.cancelExit();
        settlement.requestExit(20e6);
        _accountIs(alice.addr, 50e6, 0, 20e6, uint64(START + 1 + EXIT));
    }

    function test_Exit_OfWhatVouchersTookMeanwhile_PaysTheRest() external {
        depositOf(alice.addr, 50e6);
        VM.prank(alice.addr);
        settlement.requestExit(50e6);
        redeem(voucher(alice, 15e6, 15e6));
        VM.warp(START + EXIT);
        VM.prank(alice.addr);
        settlement.exit();
        eq(token.balanceOf(alice.addr), 35e6);
        _accountIs(alice.addr, 0, 15e6, 0, 0);
    }

    // --- vouchers

    function test_Redeem_TakesWhatWasSpent_NotWhatWasSigned() external {
        depositOf(alice.addr, 50e6);
        VM.expectEmit(true, false, false, true, address(settlement));
        emit VoucherRedeemed(alice.addr, 12e6, 12e6);
        redeem(voucher(alice, 12e6, 40e6));
        _accountIs(alice.addr, 38e6, 12e6, 0, 0);
        eq(settlement.backing(), 12e6);
        redeem(voucher(alice, 20e6, 40e6)); // the same signature authorises more
        _accountIs(alice.addr, 30e6, 20e6, 0, 0);
        eq(settlement.backing(), 20e6);
    }

    function test_Redeem_StaleOrReplayed_IsSkipped() external {
        depositOf(alice.addr, 50e6);
        depositOf(bob.addr, 50e6);
        bytes memory batch = bytes.concat(voucher(alice, 20e6, 20e6), voucher(bob, 5e6, 5e6));
        redeem(batch);
        redeem(batch);
        redeem(bytes.concat(voucher(alice, 10e6, 10e6), voucher(bob, 6e6, 6e6)));
        _accountIs(alice.addr, 30e6, 20e6, 0, 0);
        _accountIs(bob.addr, 44e6, 6e6, 0, 0);
        eq(settlement.backing(), 26e6);
    }

    function test_Redeem_SameUserTwiceInOneBatch_CountsOnce() external {
        depositOf(alice.addr, 50e6);
        redeem(bytes.concat(voucher(alice, 20e6, 20e6), voucher(alice, 20e6, 30e6), voucher(alice, 25e6, 30e6)));
        _accountIs(alice.addr, 25e6, 25e6, 0, 0);
        eq(settlement.backing(), 25e6);
    }

    // A fault of the prototype: one user who left made the whole batch revert.
    function test_Redeem_RacingExit_DoesNotBlockTheBatch() external {
        depositOf(alice.addr, 50e6);
        depositOf(bob.addr, 50e6);
        VM.prank(alice.addr);
        settlement.requestExit(45e6);
        VM.warp(START + EXIT);
        VM.prank(alice.addr);
        settlement.exit();
        redeem(bytes.concat(voucher(alice, 30e6, 30e6), voucher(bob, 7e6, 7e6)));
        _accountIs(alice.addr, 0, 5e6, 0, 0); // what was there
        _accountIs(bob.addr, 43e6, 7e6, 0, 0);
        eq(settlement.backing(), 12e6);
        redeem(voucher(alice, 30e6, 30e6)); // nothing there: nothing happens
        _accountIs(alice.addr, 0, 5e6, 0, 0);

        depositOf(alice.addr, 40e6); // the debt stays collectable
        redeem(voucher(alice, 30e6, 30e6));
        _accountIs(alice.addr, 15e6, 30e6, 0, 0);
        eq(settlement.backing(), 37e6);
    }

    function test_Redeem_Refusals() external {
        depositOf(alice.addr, 50e6);
        bytes memory good = voucher(alice, 20e6, 20e6);
        reverts(abi.encodeWithSelector(Parameters.NotSettler.selector, address(this)));
        settlement.redeem(good);

        _refused(bytes.concat(good, hex"00"), abi.encodeWithSelector(Vouchers.VouchersMalformed.selector, 117));
        _refused(new bytes(1001 * 116), abi.encodeWithSelector(Payouts.TooMany.selector, 1001, 1000));
        _refused(
            voucher(alice, 21e6, 20e6),
            abi.encodeWithSelector(Vouchers.SpentExceedsVoucher.selector, alice.addr, 21e6, 20e6)
        );
        bytes memory badSignature = abi.encodeWithSelector(NodeRegistry.BadSignature.selector, alice.addr);
        _refused(_with(good, 40, 0x01), badSignature); // another limit than was signed
        _refused(_with(good, 60, good[60] ^ 0x01), badSignature);
        _refused(_malleatedVoucher(good), badSignature);
        bytes memory nobody = bytes.concat(bytes20(0), bytes16(uint128(0)), bytes16(uint128(0)), new bytes(64));
        _refused(nobody, abi.encodeWithSelector(NodeRegistry.BadSignature.selector, address(0)));
        _accountIs(alice.addr, 50e6, 0, 0, 0);
        redeem("");
    }

    function test_Redeem_WhilePaused_GoesOn() external {
        depositOf(alice.addr, 50e6);
        VM.prank(GUARDIAN);
        settlement.pause();
        redeem(voucher(alice, 20e6, 20e6));
        eq(settlement.backing(), 20e6);
    }

    // --- credit

    function test_Credit_MovesFreeBackingOnly() external {
        depositOf(alice.addr, 50e6);
        redeem(voucher(alice, 20e6, 20e6));
        post(1, keccak256("root"), 15e6);
        VM.startPrank(SETTLER);
        reverts(abi.encodeWithSelector(Payouts.BackingInsufficient.selector, 5e6, 5e6 + 1));
        settlement.credit(bob.addr, 5e6 + 1);
        settlement.credit(bob.addr, 5e6);
        eq(settlement.backing(), 15e6);
        _accountIs(bob.addr, 5e6, 0, 0, 0);
        reverts(TokenVault.ZeroAddress.selector);
        settlement.credit(address(0), 1);
        reverts(TokenVault.ZeroAmount.selector);
        settlement.credit(bob.addr, 0);
        VM.stopPrank();
        reverts(abi.encodeWithSelector(Parameters.NotSettler.selector, address(this)));
        settlement.credit(bob.addr, 1);
        VM.prank(GUARDIAN);
        settlement.pause();
        reverts(abi.encodeWithSelector(Parameters.WhilePaused.selector, START + 3 days));
        VM.prank(SETTLER);
        settlement.credit(bob.addr, 1);
    }

    function _refused(bytes memory packed, bytes memory error_) private {
        reverts(error_);
        redeem(packed);
    }

    function _with(bytes memory data, uint256 index, bytes1 value) private pure returns (bytes memory copy) {
        copy = bytes.concat(data);
        copy[index] = value;
    }

    function _malleatedVoucher(bytes memory data) private pure returns (bytes memory copy) {
        copy = bytes.concat(data);
        bytes32 vs;
        assembly ("memory-safe") {
            vs := mload(add(copy, 116)) // 32 of length, 84 into the data
        }
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        uint256 s = uint256(vs) & (type(uint256).max >> 1);
        // Of the upper half of s only what fits into 255 bits can be written at all.
        uint256 upper = (n - s) & (type(uint256).max >> 1);
        bytes32 other = bytes32(upper | (~uint256(vs) & (1 << 255)));
        assembly ("memory-safe") {
            mstore(add(copy, 116), other)
        }
    }

    function _accountIs(address user, uint128 balance, uint128 redeemed, uint128 exiting, uint64 exitAt) private view {
        (uint128 b, uint128 r, uint128 e, uint64 at_) = settlement.accountOf(user);
        eq(b, balance);
        eq(r, redeemed);
        eq(e, exiting);
        eq(at_, exitAt);
    }
}
