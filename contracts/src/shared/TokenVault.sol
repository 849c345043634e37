// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @title Holder of one token
/// @notice The two ways in which tokens enter and leave. Callers change their books first and are `nonReentrant`, because
/// a token may call back.
abstract contract TokenVault is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice The token that everything is counted in; its smallest unit is one micro of the ledger (P11).
    IERC20 public immutable token;

    error ZeroAddress();
    error ZeroAmount();

    /// @notice The token moved another amount than it was told to (one that charges for transfers cannot be used).
    error TransferMismatch(uint256 expected, uint256 arrived);

    constructor(IERC20 token_) {
        if (address(token_) == address(0)) revert ZeroAddress();
        token = token_;
    }

    /// @dev Books may count only what is there, so exactly `amount` has to arrive.
    function _pull(address from, uint256 amount) internal {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 arrived = token.balanceOf(address(this)) - before;
        if (arrived != amount) revert TransferMismatch(amount, arrived);
    }

    function _push(address to, uint256 amount) internal {
        token.safeTransfer(to, amount);
    }
}
