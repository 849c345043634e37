// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SlashKind} from "./SlashTypes.sol";

/// @title Who gets a slash (P8.4, P5.9)
library SlashSplit {
    uint256 internal constant PERMILLE = 1000;
    uint256 internal constant REQUESTER = 250;
    uint256 internal constant BURN = 100;

    /// @notice What leaves at once; the rest (honest parties 200, resolvers 100, treasury 350 and every remainder) is paid
    /// through the root, so its parts are the ledger's business.
    /// @return toVictim For the requester, if it has a name.
    /// @return burned For nobody.
    function shares(SlashKind kind, uint128 amount, bool hasVictim)
        internal
        pure
        returns (uint128 toVictim, uint128 burned)
    {
        if (kind == SlashKind.Silence) return (hasVictim ? amount : 0, 0);
        toVictim = hasVictim ? uint128(uint256(amount) * REQUESTER / PERMILLE) : 0;
        burned = uint128(uint256(amount) * BURN / PERMILLE);
    }
}
