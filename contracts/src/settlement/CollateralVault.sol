// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {NodeRegistry} from "./NodeRegistry.sol";

/// @title Collateral (P2, P8)
/// @notice Bonded collateral leaves in tranches, each with its own date; until it is withdrawn it can be slashed. What open
/// slashes have frozen stays, the rest can always go.
abstract contract CollateralVault is NodeRegistry {
    /// @notice Open tranches of one node: bounds the work of a withdrawal and of a slash.
    uint256 public constant TRANCHES_MAX = 8;

    struct Tranche {
        uint128 amount;
        uint64 availableAt;
    }

    mapping(address node => Tranche[]) private _tranches;

    event CollateralBonded(address indexed node, uint128 amount, uint128 bonded);
    event UnbondRequested(address indexed node, uint128 amount, uint64 availableAt);
    event CollateralWithdrawn(address indexed node, uint128 amount);

    error CollateralInsufficient(uint128 bonded, uint128 amount);
    error TooManyTranches();
    error NothingToWithdraw();

    /// @notice Adds collateral to a node from the sender's tokens.
    function bond(address node, uint128 amount) external nonReentrant whenNotPaused {
        Node storage n = _nodes[node];
        if (n.owner == address(0)) revert NodeUnknown(node);
        if (amount == 0) revert ZeroAmount();
        n.bonded += amount;
        emit CollateralBonded(node, amount, n.bonded);
        _pull(msg.sender, amount);
    }

    /// @notice Gives notice of a withdrawal. Earlier notices keep their dates.
    function requestUnbond(address node, uint128 amount) external onlyOwner(node) {
        Node storage n = _nodes[node];
        if (amount == 0) revert ZeroAmount();
        if (amount > n.bonded) revert CollateralInsufficient(n.bonded, amount);
        if (_tranches[node].length == TRANCHES_MAX) revert TooManyTranches();
        uint64 availableAt = uint64(block.timestamp) + _delays.unbond;
        n.bonded -= amount;
        n.unbonding += amount;
        _tranches[node].push(Tranche(amount, availableAt));
        emit UnbondRequested(node, amount, availableAt);
    }

    /// @notice Pays what is due to the owner: the tranches whose date has come, as far as no open slash holds it. Anyone
    /// may call it.
    function withdrawCollateral(address node) external nonReentrant {
        Node storage n = _nodes[node];
        if (n.owner == address(0)) revert NodeUnknown(node);
        uint128 amount = _takeFromTranches(node, n.bonded + n.unbonding - n.frozen, uint64(block.timestamp));
        if (amount == 0) revert NothingToWithdraw();
        emit CollateralWithdrawn(node, amount);
        _push(n.owner, amount);
    }

    /// @notice The open notices of a node, oldest first.
    function tranchesOf(address node) external view returns (Tranche[] memory) {
        return _tranches[node];
    }

    /// @dev Freezes up to `amount` of what is not frozen yet and says how much.
    function _freeze(address node, uint128 amount) internal returns (uint128 frozen) {
        Node storage n = _nodes[node];
        uint128 free = n.bonded + n.unbonding - n.frozen;
        frozen = amount < free ? amount : free;
        n.frozen += frozen;
    }

    function _unfreeze(address node, uint128 amount) internal {
        _nodes[node].frozen -= amount;
    }

    /// @dev Takes what was frozen before: first from the bond, then from what is on its way out.
    function _seize(address node, uint128 amount) internal {
        Node storage n = _nodes[node];
        n.frozen -= amount;
        uint128 fromBond = amount < n.bonded ? amount : n.bonded;
        n.bonded -= fromBond;
        uint128 rest = amount - fromBond;
        if (rest != 0) _takeFromTranches(node, rest, type(uint64).max);
    }

    /// @dev Takes up to `amount` from the tranches that are available at `time`, oldest first, and removes the empty ones.
    function _takeFromTranches(address node, uint128 amount, uint64 time) private returns (uint128 taken) {
        Tranche[] storage tranches = _tranches[node];
        uint256 length = tranches.length;
        uint256 kept;
        for (uint256 i; i < length; ++i) {
            Tranche memory tranche = tranches[i];
            if (tranche.availableAt <= time) {
                uint128 part = amount - taken < tranche.amount ? amount - taken : tranche.amount;
                taken += part;
                tranche.amount -= part;
            }
            if (tranche.amount != 0) tranches[kept++] = tranche;
        }
        while (tranches.length > kept) tranches.pop();
        _nodes[node].unbonding -= taken;
    }
}
