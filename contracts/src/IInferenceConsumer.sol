// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A contract that asks the network
interface IInferenceConsumer {
    /// @notice Called once by the gateway with the answer to a request of this contract, with the gas that the request
    /// named. Check the sender. Whatever it does, a revert included, the answer stays given and paid.
    /// @param id What `request` returned.
    /// @param resultHash Keccak-256 of the result, which is what the nodes signed.
    /// @param result UTF-8 text.
    /// @param nodes Who answered and signed.
    function onInferenceAnswer(bytes32 id, bytes32 resultHash, bytes calldata result, address[] calldata nodes) external;
}
