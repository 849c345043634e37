// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payouts} from "../../src/settlement/Payouts.sol";
import {Merkle} from "../support/Merkle.sol";
import {VM} from "../support/Vm.sol";
import {Actors} from "./Actors.sol";

/// @notice Roots, honest and lying, and claims from whichever is kept.
abstract contract PayoutActions is Actors {
    mapping(uint64 epoch => uint128[PAYEES]) private _leavesOf;
    mapping(uint64 epoch => uint128) private _postedBefore;

    uint256 public expectedPosted;
    uint256 public claimed; // by what arrived at payees

    /// @param lie How much more than it has the last leaf promises.
    function postRoot(uint256 amount, uint256 split, uint128 lie) external {
        (uint128 posted, uint128 backing) = (settlement.posted(), settlement.backing());
        uint128 total = posted + _upTo(amount, backing - posted);
        uint64 epoch = settlement.lastEpoch() + 1;
        uint128[PAYEES] memory cumulative = _divide(total, split);
        if (split % 4 == 0) cumulative[PAYEES - 1] += lie % AMOUNT_MAX;
        post(epoch, Merkle.root(_leaves(cumulative)), total);
        _leavesOf[epoch] = cumulative;
        _postedBefore[epoch] = posted;
        expectedPosted = total;
    }

    function cancelRoot() external {
        uint64 epoch = settlement.lastEpoch();
        VM.prank(GUARDIAN);
        settlement.cancelRoot(epoch);
        (uint128 before, uint128 claimedTotal) = (_postedBefore[epoch], settlement.claimedTotal());
        expectedPosted = before > claimedTotal ? before : claimedTotal;
    }

    function claimOne(uint256 back_, uint256 who) external {
        uint64 epoch = _epoch(back_);
        uint256 index = who % PAYEES;
        bytes32[] memory leaves = _leaves(_leavesOf[epoch]);
        uint256 before = token.balanceOf(address(settlement));
        settlement.claim(epoch, payee(index), _leavesOf[epoch][index], Merkle.proof(leaves, index));
        claimed += before - token.balanceOf(address(settlement));
    }

    function claimAll(uint256 back_) external {
        uint64 epoch = _epoch(back_);
        bytes32[] memory leaves = _leaves(_leavesOf[epoch]);
        Payouts.Claim[] memory claims = new Payouts.Claim[](PAYEES);
        for (uint256 i; i < PAYEES; ++i) {
            claims[i] = Payouts.Claim(payee(i), _leavesOf[epoch][i], Merkle.proof(leaves, i));
        }
        uint256 before = token.balanceOf(address(settlement));
        settlement.claimMany(epoch, claims);
        claimed += before - token.balanceOf(address(settlement));
    }

    /// @dev Mostly one of the newest three, else one of the ten before, so also some that are not kept.
    function _epoch(uint256 back_) private returns (uint64 epoch) {
        uint64 newest = settlement.lastEpoch();
        uint64 age = uint64(back_ % 4 == 0 ? back_ % 11 : back_ % 3);
        epoch = age < newest ? newest - age : newest;
        (, uint64 claimableAt) = settlement.rootOf(epoch);
        if (back_ % 5 != 0) _waitUntil(claimableAt);
    }

    /// @dev What was claimed already, and the rest of the total in parts.
    function _divide(uint128 total, uint256 split) private view returns (uint128[PAYEES] memory cumulative) {
        uint128 rest = total - settlement.claimedTotal();
        for (uint256 i; i < PAYEES; ++i) {
            uint128 part = i + 1 == PAYEES ? rest : uint128((split >> (16 * i)) % (uint256(rest) + 1));
            rest -= part;
            cumulative[i] = settlement.claimedOf(payee(i)) + part;
        }
    }

    function _leaves(uint128[PAYEES] memory cumulative) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](PAYEES);
        for (uint256 i; i < PAYEES; ++i) {
            leaves[i] = Merkle.leaf(payee(i), cumulative[i]);
        }
    }
}
