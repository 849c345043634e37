// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Key} from "../support/Fixture.sol";
import {VM} from "../support/Vm.sol";
import {Actors} from "./Actors.sol";

/// @notice What requesters do, what is collected from them, and what time and the guardian do to all.
abstract contract UserActions is Actors {
    function deposit(uint256 who, uint256 amount) external {
        depositOf(_user(who).addr, _amount(amount));
        paidIn[_user(who).addr] += _amount(amount);
    }

    function requestExit(uint256 who, uint256 amount) external {
        address user = _user(who).addr;
        uint128 part = _upTo(amount, balanceOf(user));
        VM.prank(user);
        settlement.requestExit(part);
    }

    function cancelExit(uint256 who) external {
        VM.prank(_user(who).addr);
        settlement.cancelExit();
    }

    function exit(uint256 who) external {
        address user = _user(who).addr;
        (,,, uint64 exitAt) = settlement.accountOf(user);
        if (who % 3 != 0) _waitUntil(exitAt);
        uint256 before = token.balanceOf(user);
        VM.prank(user);
        settlement.exit();
        exited[user] += token.balanceOf(user) - before;
    }

    /// @dev Two vouchers, which may be of one user, stale, for more than there is, or old and sent again.
    function redeemTwo(uint256 a, uint256 b, uint256 spentA, uint256 spentB) external {
        uint128 backingBefore = settlement.backing();
        redeem(bytes.concat(_voucherOf(a, spentA), _voucherOf(b, spentB)));
        backingIn += settlement.backing() - backingBefore;
    }

    function creditUser(uint256 who, uint256 amount) external {
        address user = _user(who).addr;
        uint128 part = _upTo(amount, settlement.backing() - settlement.posted());
        VM.prank(SETTLER);
        settlement.credit(user, part);
        paidIn[user] += part;
        creditedOut += part;
    }

    function fundBacking(uint256 amount) external {
        back(_amount(amount));
        backingIn += _amount(amount);
    }

    function pass(uint256 time) external {
        VM.warp(block.timestamp + (time % 4 == 0 ? time % 12 days : time % 3 hours));
    }

    function pauseOrUnpause(uint256 choice) external {
        VM.prank(GUARDIAN);
        if (choice % 8 == 0) settlement.pause(); // seldom, or little else would happen
        else settlement.unpause();
    }

    /// @dev Delays that are allowed, so that what was promised under one has to hold under the next.
    function changeDelays(uint256 which, uint256 value) external {
        bytes32 name =
            which % 3 == 0 ? bytes32("exitDelay") : which % 3 == 1 ? bytes32("unbondDelay") : bytes32("claimDelay");
        (, uint64 availableAt) = settlement.scheduledOf(name);
        if (availableAt != 0) return settlement.applyScheduled(name);
        VM.prank(ADMIN);
        settlement.schedule(name, 1 minutes + value % 14 days);
    }

    function _voucherOf(uint256 who, uint256 spent) private returns (bytes memory) {
        Key memory user = _user(who);
        (uint128 balance, uint128 redeemed,,) = settlement.accountOf(user.addr);
        uint128 total = uint128(spent % (uint256(balance) + redeemed + 10e6) + 1);
        if (total > signed[user.addr]) signed[user.addr] = total;
        return voucher(user, total, uint128(signed[user.addr])); // the highest voucher is all a settler needs
    }
}
