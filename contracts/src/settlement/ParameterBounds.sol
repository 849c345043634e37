// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a settlement is deployed with. Times are seconds.
struct Config {
    address settler;
    address admin;
    address guardian;
    bytes32 commitmentDomain; // EIP-712 separator under which nodes sign commitments (the network's own has chain id 0)
    uint32 exitDelay; // from a requester's notice to its money
    uint32 unbondDelay; // from an owner's notice to its collateral
    uint32 appealWindow; // from a slash to its execution
    uint32 rulingWindow; // from an appeal to the end of the slash without a ruling
    uint32 claimDelay; // from a root to its claims
    uint32 parameterDelay; // from a scheduled change to its effect
    uint128 collateralMin; // what a node has to bond to register
    address[] verdictSigners; // strictly ascending
    uint8 verdictThreshold; // more than half of them
}

/// @notice Seconds, as in Config.
struct Delays {
    uint32 exit;
    uint32 unbond;
    uint32 appeal;
    uint32 ruling;
    uint32 claim;
    uint32 parameter;
}

/// @title Bounds of what can be set
/// @notice The same at deployment, when a change is announced and when it takes effect.
library ParameterBounds {
    uint32 internal constant DELAY_MIN = 1 minutes;
    uint32 internal constant DELAY_MAX = 30 days;
    uint256 internal constant VERDICT_SIGNERS_MAX = 15;

    error ParameterOutOfRange(bytes32 key, uint256 value);
    error UnbondDelayTooShort(uint32 unbondDelay, uint32 appealAndRuling);
    error ParameterDelayTooShort(uint32 parameterDelay, uint32 exitOrUnbond);
    error VerdictSignersInvalid();

    function requireConsistent(Delays memory delays) internal pure {
        // Collateral has to be there until a slash of what it stands for is over.
        if (delays.unbond < delays.appeal + delays.ruling) {
            revert UnbondDelayTooShort(delays.unbond, delays.appeal + delays.ruling);
        }
        // Whoever dislikes an announced change is out before it applies.
        uint32 departure = delays.exit > delays.unbond ? delays.exit : delays.unbond;
        if (delays.parameter < departure) revert ParameterDelayTooShort(delays.parameter, departure);
    }

    function delay(bytes32 key, uint256 value) internal pure returns (uint32) {
        if (value < DELAY_MIN || value > DELAY_MAX) revert ParameterOutOfRange(key, value);
        return uint32(value);
    }

    function amount(bytes32 key, uint256 value) internal pure returns (uint128) {
        if (value == 0 || value > type(uint128).max) revert ParameterOutOfRange(key, value);
        return uint128(value);
    }

    function role(bytes32 key, uint256 value) internal pure returns (address) {
        if (value == 0 || value > type(uint160).max) revert ParameterOutOfRange(key, value);
        return address(uint160(value));
    }

    function requireSigners(address[] memory signers, uint8 threshold) internal pure {
        if (signers.length == 0 || signers.length > VERDICT_SIGNERS_MAX) revert VerdictSignersInvalid();
        if (uint256(threshold) * 2 <= signers.length || threshold > signers.length) revert VerdictSignersInvalid();
        address last; // strictly ascending from zero: none is zero, none is there twice
        for (uint256 i; i < signers.length; ++i) {
            if (signers[i] <= last) revert VerdictSignersInvalid();
            last = signers[i];
        }
    }
}
