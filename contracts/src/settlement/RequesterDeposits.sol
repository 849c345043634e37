// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TokenVault} from "../shared/TokenVault.sol";
import {Parameters} from "./Parameters.sol";

/// @title Deposits of requesters
/// @notice A requester's balance goes down by what it signed for (Vouchers) and by leaving. Leaving needs nobody: notice,
/// a delay in which what it owes can still be collected, then the money.
abstract contract RequesterDeposits is Parameters, TokenVault {
    struct Account {
        uint128 balance;
        uint128 redeemed; // spent over the account's life
        uint128 deposited; // paid in over the account's life
        uint64 exitAt; // 0: no exit is pending
        uint128 exiting;
    }

    mapping(address user => Account) internal _accounts;

    event Deposited(address indexed user, uint128 amount, uint128 deposited);
    event Credited(address indexed user, uint128 amount);
    event ExitRequested(address indexed user, uint128 amount, uint64 availableAt);
    event ExitCancelled(address indexed user, uint128 amount);
    event Exited(address indexed user, uint128 amount);

    error BalanceInsufficient(uint128 balance, uint128 amount);
    error ExitPending(uint64 availableAt);
    error NoExitPending();
    error ExitTooEarly(uint64 availableAt);

    /// @notice Adds to the balance of `user` from the sender's tokens.
    function deposit(address user, uint128 amount) external nonReentrant whenNotPaused {
        if (user == address(0)) revert ZeroAddress();
        if (amount == 0) revert ZeroAmount();
        Account storage a = _accounts[user];
        a.balance += amount;
        a.deposited += amount;
        emit Deposited(user, amount, a.deposited);
        _pull(msg.sender, amount);
    }

    /// @notice Gives notice of leaving with `amount`.
    function requestExit(uint128 amount) external {
        Account storage a = _accounts[msg.sender];
        if (amount == 0) revert ZeroAmount();
        if (a.exitAt != 0) revert ExitPending(a.exitAt);
        if (amount > a.balance) revert BalanceInsufficient(a.balance, amount);
        uint64 availableAt = uint64(block.timestamp) + _delays.exit;
        a.exiting = amount;
        a.exitAt = availableAt;
        emit ExitRequested(msg.sender, amount, availableAt);
    }

    function cancelExit() external {
        Account storage a = _accounts[msg.sender];
        if (a.exitAt == 0) revert NoExitPending();
        emit ExitCancelled(msg.sender, a.exiting);
        _endExit(a);
    }

    /// @notice Pays what notice was given of, or what is left of it after vouchers that came meanwhile.
    function exit() external nonReentrant {
        Account storage a = _accounts[msg.sender];
        if (a.exitAt == 0) revert NoExitPending();
        if (block.timestamp < a.exitAt) revert ExitTooEarly(a.exitAt);
        uint128 amount = a.exiting < a.balance ? a.exiting : a.balance;
        _endExit(a);
        a.balance -= amount;
        emit Exited(msg.sender, amount);
        _push(msg.sender, amount);
    }

    /// @return balance What the requester can spend or leave with.
    /// @return redeemed What was spent over the account's life.
    /// @return exiting Amount of the pending exit.
    /// @return exitAt From when it is paid; 0 where none is pending.
    function accountOf(address user)
        external
        view
        returns (uint128 balance, uint128 redeemed, uint128 exiting, uint64 exitAt)
    {
        Account storage a = _accounts[user];
        return (a.balance, a.redeemed, a.exiting, a.exitAt);
    }

    function _credit(address user, uint128 amount) internal {
        _accounts[user].balance += amount;
        emit Credited(user, amount);
    }

    function _endExit(Account storage a) private {
        a.exiting = 0;
        a.exitAt = 0;
    }
}
