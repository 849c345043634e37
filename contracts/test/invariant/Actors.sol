// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GatewayFixture} from "../support/GatewayFixture.sol";
import {Key} from "../support/Fixture.sol";
import {VM} from "../support/Vm.sol";

/// @notice Who acts in the campaign, and what the books should say by a model of their own: sums of what went where.
abstract contract Actors is GatewayFixture {
    uint256 internal constant USERS = 4;
    uint256 internal constant NODES = 4;
    uint256 internal constant PAYEES = NODES + 1; // the nodes and a treasury
    address internal constant TREASURY = address(0x7EA5);
    uint128 internal constant AMOUNT_MAX = 1_000_000e6;

    Key[] public users;
    Key[] public operators; // nodes that come and go; the fixture's fifteen only answer the gateway
    address[] public owners;

    mapping(address user => uint256) public paidIn; // deposits and credits
    mapping(address user => uint256) public exited;
    mapping(address user => uint256) public signed; // highest voucher ever signed
    mapping(address node => uint256) public bondedIn;
    mapping(address node => uint256) public withdrawn;
    mapping(address node => uint256) public slashed;
    mapping(address node => uint256) public frozenBySlashes; // open ones
    uint256 public backingIn; // all that came into the backing
    uint256 public creditedOut; // all that was credited back out of it
    uint256 public burned;
    uint256 public escrowed; // at the gateway: open requests and withdrawable fees

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i; i < USERS; ++i) {
            users.push(key(string.concat("user", VM.toString(i))));
        }
        for (uint256 i; i < NODES; ++i) {
            operators.push(key(string.concat("operator", VM.toString(i))));
            owners.push(key(string.concat("owner", VM.toString(i))).addr);
            if (i + 1 == NODES) break; // one is left to register in the campaign
            register(operators[i], owners[i], COLLATERAL_MIN);
            bondedIn[operators[i].addr] = COLLATERAL_MIN;
        }
    }

    function payee(uint256 index) public view returns (address) {
        return index == NODES ? TREASURY : operators[index].addr;
    }

    function addressesOfSettlement() external view returns (address, address, address) {
        return (address(settlement), address(gateway), address(token));
    }

    function _user(uint256 seed) internal view returns (Key memory) {
        return users[seed % USERS];
    }

    function _node(uint256 seed) internal view returns (Key memory) {
        return operators[seed % NODES];
    }

    function _owner(uint256 seed) internal view returns (address) {
        return owners[seed % NODES];
    }

    function _amount(uint256 seed) internal pure returns (uint128) {
        return uint128(seed % AMOUNT_MAX) + 1;
    }

    /// @dev Moves time there, if it is not far.
    function _waitUntil(uint256 time) internal {
        if (time > block.timestamp && time < block.timestamp + 30 days) VM.warp(time);
    }

    /// @dev Up to `maximum`, now and then one more, to try the bound itself.
    function _upTo(uint256 seed, uint128 maximum) internal pure returns (uint128) {
        if (seed % 16 == 0) return maximum + 1;
        if (seed % 16 == 1) return maximum;
        return uint128(seed % (uint256(maximum) + 1));
    }
}
