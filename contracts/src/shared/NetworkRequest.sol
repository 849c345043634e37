// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title Request ids of the network
/// @notice The id that nodes sign names who asked: a requester is proven by hashing, not by anyone's word.
library NetworkRequest {
    /// @dev Canonical bytes of RequestSpec.IdOf (src/Atoma.Protocol/Requests): each text is preceded by its length.
    bytes private constant DOMAIN = "\x0fatoma/request/1";
    bytes1 private constant ADDRESS_TEXT_LENGTH = 0x2a;

    /// @notice SHA-256 over domain, the account's name (its address as lower-case text) and the requester's nonce.
    function idOf(address account, bytes32 nonce) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(DOMAIN, ADDRESS_TEXT_LENGTH, Strings.toHexString(account), nonce));
    }
}
