// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../src/settlement/CollateralVault.sol";
import {Slash, SlashState, Verdict} from "../../src/settlement/SlashTypes.sol";
import {NetworkRequest} from "../../src/shared/NetworkRequest.sol";
import {Key} from "../support/Fixture.sol";
import {VM} from "../support/Vm.sol";
import {Actors} from "./Actors.sol";

/// @notice What nodes and their owners do, and what is done to them.
abstract contract NodeActions is Actors {
    bytes32[] public slashIds;
    uint256 private _requests;

    function registerOperator(uint256 who, uint256 amount) external {
        uint128 collateral = COLLATERAL_MIN + _amount(amount);
        register(_node(who), _owner(who), collateral);
        bondedIn[_node(who).addr] += collateral;
    }

    function bondMore(uint256 who, uint256 amount) external {
        give(STRANGER, _amount(amount));
        VM.prank(STRANGER);
        settlement.bond(_node(who).addr, _amount(amount));
        bondedIn[_node(who).addr] += _amount(amount);
    }

    function requestUnbond(uint256 who, uint256 amount) external {
        (uint128 bonded,,) = collateralOf(_node(who).addr);
        VM.prank(_owner(who));
        settlement.requestUnbond(_node(who).addr, _upTo(amount, bonded));
    }

    function withdrawCollateral(uint256 who) external {
        CollateralVault.Tranche[] memory tranches = settlement.tranchesOf(_node(who).addr);
        if (who % 3 != 0 && tranches.length != 0) _waitUntil(tranches[0].availableAt);
        uint256 before = token.balanceOf(_owner(who));
        settlement.withdrawCollateral(_node(who).addr);
        withdrawn[_node(who).addr] += token.balanceOf(_owner(who)) - before;
    }

    /// @dev By one of two nodes only: it takes everything, and the others should have something left.
    function equivocate(uint256 who, uint256 victim) external {
        Key memory node = _node(who % 2);
        bytes32 request = NetworkRequest.idOf(_user(victim).addr, bytes32(++_requests));
        bytes memory a = commitment(node, node.addr, request, "a");
        bytes memory b = commitment(node, node.addr, request, "b");
        bytes32 id = settlement.slashEquivocation(node.addr, request, "a", a, "b", b);
        if (victim % 2 == 0) settlement.bindVictim(id, _user(victim).addr, bytes32(_requests));
        _opened(id);
    }

    function proposeVerdict(uint256 who, uint256 amount, uint256 victim, bool silence) external {
        address node = _node(who).addr;
        (uint128 bonded, uint128 unbonding,) = collateralOf(node);
        Verdict memory v =
            verdictOf(node, _upTo(amount, bonded + unbonding), victim % 3 == 0 ? address(0) : _user(victim).addr);
        v.id = bytes32(++_requests);
        v.kind = silence ? 1 : 0;
        _opened(propose(v));
    }

    function appealSlash(uint256 which) external {
        bytes32 id = _slash(which);
        (address owner,,,,,) = settlement.nodeOf(settlement.slashOf(id).node);
        VM.prank(owner);
        settlement.appeal(id);
    }

    function ruleSlash(uint256 which, bool uphold) external {
        bytes32 id = _slash(which);
        bytes memory signatures = ruling(id, uphold);
        _count(id, abi.encodeCall(settlement.rule, (id, uphold, signatures)));
    }

    function executeSlash(uint256 which) external {
        if (which % 3 != 0) _waitUntil(settlement.slashOf(_slash(which)).executeAt);
        _count(_slash(which), abi.encodeCall(settlement.execute, (_slash(which))));
    }

    function lapseSlash(uint256 which) external {
        if (which % 3 != 0) _waitUntil(settlement.slashOf(_slash(which)).rulingAt);
        settlement.lapse(_slash(which));
        _ended(_slash(which));
    }

    /// @dev Sends a call that may execute a slash, and adds up what moved.
    function _count(bytes32 id, bytes memory call_) internal {
        Slash memory slash = settlement.slashOf(id);
        address dead = settlement.BURN_ADDRESS();
        (uint256 deadBefore, uint256 backingBefore) = (token.balanceOf(dead), settlement.backing());
        uint256 victimBefore = balanceOf(slash.victim);
        (bool ok, bytes memory error_) = address(settlement).call(call_);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(error_, 0x20), mload(error_))
            }
        }
        _ended(id);
        if (settlement.slashOf(id).state != SlashState.Executed) return;
        slashed[slash.node] += slash.amount;
        burned += token.balanceOf(dead) - deadBefore;
        backingIn += settlement.backing() - backingBefore;
        paidIn[slash.victim] += balanceOf(slash.victim) - victimBefore;
    }

    function _opened(bytes32 id) private {
        slashIds.push(id);
        Slash memory slash = settlement.slashOf(id);
        frozenBySlashes[slash.node] += slash.amount;
    }

    function _ended(bytes32 id) private {
        Slash memory slash = settlement.slashOf(id);
        frozenBySlashes[slash.node] -= slash.amount;
    }

    /// @dev One of the last 8: most older ones are over.
    function _slash(uint256 which) private view returns (bytes32) {
        uint256 recent = slashIds.length < 8 ? slashIds.length : 8;
        return recent == 0 ? bytes32(0) : slashIds[slashIds.length - 1 - which % recent];
    }
}
