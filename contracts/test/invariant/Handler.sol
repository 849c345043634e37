// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SlashState} from "../../src/settlement/SlashTypes.sol";
import {CollateralVault} from "../../src/settlement/CollateralVault.sol";
import {Merkle} from "../support/Merkle.sol";
import {VM} from "../support/Vm.sol";
import {Actors} from "./Actors.sol";
import {GatewayActions} from "./GatewayActions.sol";
import {NodeActions} from "./NodeActions.sol";
import {PayoutActions} from "./PayoutActions.sol";
import {UserActions} from "./UserActions.sol";

/// @notice All actions of the campaign, what has to hold after each, and the exit of everyone at its end.
contract Handler is UserActions, NodeActions, PayoutActions, GatewayActions {
    function setUp() public override(Actors, GatewayActions) {
        super.setUp();
    }

    // --- what has to hold

    /// @dev Solvency: the tokens are what the books say, to the unit.
    function checkSolvency() external view {
        uint256 owed = uint256(settlement.backing()) - settlement.claimedTotal();
        for (uint256 i; i < USERS; ++i) {
            owed += balanceOf(users[i].addr);
        }
        for (uint256 i; i < NODES; ++i) {
            owed += _collateral(operators[i].addr);
        }
        for (uint256 i; i < nodes.length; ++i) {
            owed += _collateral(nodes[i].addr);
        }
        eq(token.balanceOf(address(settlement)), owed);
        eq(token.balanceOf(address(gateway)), escrowed);
    }

    /// @dev Payouts: claims within roots, roots within backing, backing as it came in.
    function checkPayouts() external view {
        (uint256 backing, uint256 posted, uint256 total) =
            (settlement.backing(), settlement.posted(), settlement.claimedTotal());
        require(total <= posted, "claims exceed what was posted");
        require(posted <= backing, "roots exceed the backing");
        eq(backing, backingIn - creditedOut);
        eq(posted, expectedPosted);
        eq(total, claimed);
        uint256 sum;
        for (uint256 i; i < PAYEES; ++i) {
            sum += settlement.claimedOf(payee(i));
        }
        eq(sum, total);
    }

    /// @dev Requesters: nobody pays more than it paid in, nor more than it signed for.
    function checkRequesters() external view {
        for (uint256 i; i < USERS; ++i) {
            address user = users[i].addr;
            (uint128 balance, uint128 redeemed,,) = settlement.accountOf(user);
            eq(uint256(balance) + redeemed + exited[user], paidIn[user]);
            require(redeemed <= signed[user], "more was taken than was signed for");
        }
    }

    /// @dev Collateral: slashes take what was bonded and no more; what is frozen is there.
    function checkCollateral() external view {
        for (uint256 i; i < NODES; ++i) {
            address node = operators[i].addr;
            (uint128 bonded, uint128 unbonding, uint128 frozen) = collateralOf(node);
            eq(frozen, frozenBySlashes[node]);
            require(frozen <= uint256(bonded) + unbonding, "what is frozen is gone");
            require(slashed[node] + withdrawn[node] <= bondedIn[node], "more left than was bonded");
            eq(uint256(bonded) + unbonding + slashed[node] + withdrawn[node], bondedIn[node]);
            uint256 sum;
            CollateralVault.Tranche[] memory tranches = settlement.tranchesOf(node);
            require(tranches.length <= 8, "too many tranches");
            for (uint256 j; j < tranches.length; ++j) {
                sum += tranches[j].amount;
            }
            eq(unbonding, sum);
        }
    }

    // --- the end: everyone leaves with what is theirs, and nothing is left

    function leaveAll() external {
        VM.warp(block.timestamp + 60 days);
        _endSlashes();
        for (uint256 i; i < NODES; ++i) {
            _leaveNode(i);
        }
        for (uint256 i; i < nodes.length; ++i) {
            _withdrawAll(nodes[i].addr, OWNER);
        }
        for (uint256 i; i < USERS; ++i) {
            _leaveUser(users[i].addr);
        }
        _refundAll();
        eq(token.balanceOf(address(gateway)), 0);
        eq(token.balanceOf(address(settlement)), uint256(settlement.backing()) - settlement.claimedTotal());
        _payOut();
        eq(token.balanceOf(address(settlement)), 0);
    }

    function _endSlashes() private {
        for (uint256 i; i < slashIds.length; ++i) {
            SlashState state = settlement.slashOf(slashIds[i]).state;
            if (state == SlashState.Open) settlement.execute(slashIds[i]);
            if (state == SlashState.Appealed) settlement.lapse(slashIds[i]);
        }
    }

    function _leaveNode(uint256 index) private {
        address node = operators[index].addr;
        if (settlement.tranchesOf(node).length != 0) settlement.withdrawCollateral(node);
        if (settlement.receiptKeyOf(node) != address(0)) _withdrawAll(node, owners[index]);
    }

    function _withdrawAll(address node, address owner) private {
        (uint128 bonded,,) = collateralOf(node);
        uint256 before = token.balanceOf(owner);
        if (bonded != 0) {
            VM.prank(owner);
            settlement.requestUnbond(node, bonded);
            VM.warp(block.timestamp + 31 days);
            settlement.withdrawCollateral(node);
        }
        eq(token.balanceOf(owner) - before, bonded);
        eq(_collateral(node), 0);
    }

    function _leaveUser(address user) private {
        uint128 balance = balanceOf(user);
        uint256 before = token.balanceOf(user);
        (,,, uint64 exitAt) = settlement.accountOf(user);
        VM.startPrank(user);
        if (exitAt != 0) settlement.exit();
        if (balanceOf(user) != 0) {
            settlement.requestExit(balanceOf(user));
            VM.warp(block.timestamp + 31 days);
            settlement.exit();
        }
        VM.stopPrank();
        eq(token.balanceOf(user) - before, balance);
    }

    /// @dev One last root gives the treasury all that is left.
    function _payOut() private {
        uint128 left = settlement.backing() - settlement.claimedTotal();
        if (left == 0) return;
        uint128 cumulative = settlement.claimedOf(TREASURY) + left;
        uint64 epoch = settlement.lastEpoch() + 1;
        post(epoch, Merkle.leaf(TREASURY, cumulative), settlement.backing());
        VM.warp(block.timestamp + 31 days);
        settlement.claim(epoch, TREASURY, cumulative, new bytes32[](0));
    }

    function _collateral(address node) private view returns (uint256) {
        (uint128 bonded, uint128 unbonding,) = collateralOf(node);
        return uint256(bonded) + unbonding;
    }
}
