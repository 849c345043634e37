// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

struct CallGas {
    uint64 gasLimit;
    uint64 gasTotalUsed;
    uint64 gasMemoryUsed;
    int64 gasRefunded;
    uint64 gasRemaining;
}

/// @notice The cheat codes of forge that these tests use.
interface Vm {
    function addr(uint256 secret) external pure returns (address);
    function sign(uint256 secret, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function warp(uint256 timestamp) external;
    function prank(address sender) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function expectRevert(bytes calldata data) external;
    function expectPartialRevert(bytes4 selector) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data, address emitter) external;
    function getCode(string calldata path) external view returns (bytes memory);
    function envOr(string calldata name, bool fallback_) external view returns (bool);
    function readFile(string calldata path) external view returns (string memory);
    function parseJsonAddress(string calldata json, string calldata path) external pure returns (address);
    function parseJsonBytes(string calldata json, string calldata path) external pure returns (bytes memory);
    function parseJsonBytes32(string calldata json, string calldata path) external pure returns (bytes32);
    function lastCallGas() external view returns (CallGas memory);
    function toString(uint256 value) external pure returns (string memory);
}

Vm constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
