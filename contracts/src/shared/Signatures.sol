// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Signatures of the network's keys
/// @notice secp256k1 with the lower s only: there is one signature per key and digest.
library Signatures {
    /// @notice Bytes of r, s and v (27 or 28).
    uint256 internal constant LENGTH = 65;

    /// @dev The zero address for anything that is not a signature: no node, user or signer has it.
    function signer(bytes32 digest, bytes calldata signature) internal pure returns (address who) {
        (who,,) = ECDSA.tryRecoverCalldata(digest, signature);
    }

    /// @dev The same for the 64 bytes of EIP-2098.
    function signerCompact(bytes32 digest, bytes32 r, bytes32 vs) internal pure returns (address who) {
        (who,,) = ECDSA.tryRecover(digest, r, vs);
    }

    /// @dev The `index`-th of several that are joined.
    function part(bytes calldata joined, uint256 index) internal pure returns (bytes calldata) {
        return joined[index * LENGTH:(index + 1) * LENGTH];
    }
}
