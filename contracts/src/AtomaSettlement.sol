// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Config} from "./settlement/ParameterBounds.sol";
import {Parameters} from "./settlement/Parameters.sol";
import {Slashing} from "./settlement/Slashing.sol";
import {TokenVault} from "./shared/TokenVault.sol";

/// @title Settlement of the Atoma network
/// @notice Holds what requesters deposited, what nodes bonded and what payees have earned. Its token balance is at least
/// the sum of the requesters' balances, of backing less claimedTotal, and of all collateral, at every instant.
contract AtomaSettlement is Slashing {
    /// @param token_ An ERC-20 with 6 decimals that takes nothing for a transfer.
    constructor(IERC20 token_, Config memory config)
        Parameters(config)
        TokenVault(token_)
        EIP712("Atoma Settlement", "1")
    {}

    /// @return owner Of the node; zero where it is not registered.
    /// @return receiptKey The key that signs for it now.
    /// @return bonded Collateral without notice.
    /// @return unbonding Collateral on its way out.
    /// @return frozen Of both, what open slashes hold.
    /// @return claimed What it has claimed over its life.
    function nodeOf(address node)
        external
        view
        returns (address owner, address receiptKey, uint128 bonded, uint128 unbonding, uint128 frozen, uint128 claimed)
    {
        Node storage n = _nodes[node];
        return (n.owner, n.receiptKey, n.bonded, n.unbonding, n.frozen, claimedOf[node]);
    }

    /// @notice EIP-712 separator of vouchers, bindings, verdicts and rulings.
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }
}
