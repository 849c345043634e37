// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Does what it is told as often as it is told
/// @notice No real contract of ours is like this: without a guard against replay a transaction that is sent twice shows.
contract NoGuard {
    error Closed();

    event Settled(bytes32 indexed id, uint256 amount);

    /// @notice Not zero: everything reverts. Slot 0, written from outside through the chain's own means.
    uint256 public closed;

    mapping(bytes32 => uint256) public times;

    function settle(bytes32 id, uint256 amount) external {
        if (closed != 0) revert Closed();
        times[id]++;
        emit Settled(id, amount);
    }
}
