// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {NodeRegistry} from "./NodeRegistry.sol";

/// @title Payouts by cumulative Merkle roots
/// @notice One root per epoch says what every payee has earned over its life; a payee claims the difference. A root cannot
/// promise more than came in (`backing`), and claims never exceed what roots promised (`posted`), whatever the leaves say.
abstract contract Payouts is NodeRegistry {
    /// @notice Roots that can be claimed from: a payee left out of a new root still has an older one.
    uint256 public constant ROOTS_KEPT = 8;
    /// @dev One more, so that a cancelled root has displaced none of those.
    uint256 private constant RING = ROOTS_KEPT + 1;

    /// @notice Claims in one call, proofs of one: they bound the gas (a tree of 2^32 payees is more than there will be).
    uint256 public constant CLAIMS_MAX = 256;
    uint256 public constant PROOF_MAX = 32;

    struct Root {
        bytes32 root;
        uint128 postedBefore; // total of the root before, for a cancellation
        uint64 claimableAt;
        uint64 epoch;
    }

    struct Claim {
        address payee;
        uint128 cumulative;
        bytes32[] proof;
    }

    /// @notice What vouchers, slashes and the gateway brought in, less what was credited back to requesters.
    uint128 public backing;
    /// @notice Epoch of the newest root; 0 before the first.
    uint64 public lastEpoch;
    /// @notice Total of the newest root: what all payees together may have claimed.
    uint128 public posted;
    /// @notice What all payees together have claimed.
    uint128 public claimedTotal;
    /// @notice What a payee has claimed over its life.
    mapping(address payee => uint128) public claimedOf;

    Root[RING] private _ring;

    event RootPosted(uint64 indexed epoch, bytes32 root, uint128 total, bytes32 dataHash);
    event RootCancelled(uint64 indexed epoch);
    event Claimed(address indexed payee, uint128 amount, uint128 cumulative);
    event Funded(address indexed from, uint128 amount);

    error EpochOutOfOrder(uint64 epoch, uint64 expected);
    error TotalOutOfRange(uint128 total, uint128 minimum, uint128 maximum);
    error RootEmpty();
    error RootTooSoon(uint64 availableAt);
    error RootUnknown(uint64 epoch);
    error RootFinal(uint64 epoch);
    error RootNotFinal(uint64 claimableAt);
    error ProofInvalid(address payee);
    error AlreadyClaimed(address payee, uint128 claimed);
    error ClaimsExceedRoot(uint128 posted, uint256 claimed);
    error TooMany(uint256 count, uint256 maximum);
    error BackingInsufficient(uint128 free, uint128 amount);

    /// @notice Posts the root of an epoch.
    /// @param total What all its leaves add up to; it never goes down and never passes `backing`.
    /// @param dataHash SHA-256 of the published leaves, for whoever checks them while the root can still be cancelled.
    function postRoot(uint64 epoch, bytes32 root, uint128 total, bytes32 dataHash) external onlySettler whenNotPaused {
        if (epoch != lastEpoch + 1) revert EpochOutOfOrder(epoch, lastEpoch + 1);
        if (total < posted || total > backing) revert TotalOutOfRange(total, posted, backing);
        if (root == 0) revert RootEmpty();
        // The oldest root that is kept has to be claimable: else a settler could flush out all that payees can claim
        // from, in one block. So at most ROOTS_KEPT roots per claim delay.
        uint64 oldestClaimableAt = _ring[(epoch + 1) % RING].claimableAt;
        if (block.timestamp < oldestClaimableAt) revert RootTooSoon(oldestClaimableAt);
        _ring[epoch % RING] = Root(root, posted, uint64(block.timestamp) + _delays.claim, epoch);
        lastEpoch = epoch;
        posted = total;
        emit RootPosted(epoch, root, total, dataHash);
    }

    /// @notice Takes the newest root back while nothing can have been claimed from it.
    function cancelRoot(uint64 epoch) external onlyGuardian {
        Root memory newest = _ring[epoch % RING];
        if (epoch == 0 || epoch != lastEpoch) revert EpochOutOfOrder(epoch, lastEpoch);
        if (block.timestamp >= newest.claimableAt) revert RootFinal(epoch);
        delete _ring[epoch % RING];
        lastEpoch = epoch - 1;
        // An older root whose leaves lied may have been claimed from beyond its own total meanwhile.
        posted = newest.postedBefore > claimedTotal ? newest.postedBefore : claimedTotal;
        emit RootCancelled(epoch);
    }

    /// @notice Pays a payee what it has earned and not claimed yet: to the owner of node `payee`, or to `payee` itself
    /// where no such node is registered. Anyone may call it.
    function claim(uint64 epoch, address payee, uint128 cumulative, bytes32[] calldata proof) external nonReentrant {
        uint128 amount = _claimable(_finalRoot(epoch), payee, cumulative, proof);
        if (amount == 0) revert AlreadyClaimed(payee, claimedOf[payee]);
        _addClaimed(amount);
        _pay(payee, amount, cumulative);
    }

    /// @notice The same for several payees; those with nothing left to claim are passed over.
    function claimMany(uint64 epoch, Claim[] calldata claims) external nonReentrant {
        if (claims.length > CLAIMS_MAX) revert TooMany(claims.length, CLAIMS_MAX);
        bytes32 root = _finalRoot(epoch);
        for (uint256 i; i < claims.length; ++i) {
            Claim calldata c = claims[i];
            uint128 amount = _claimable(root, c.payee, c.cumulative, c.proof);
            if (amount == 0) continue;
            _addClaimed(amount);
            _pay(c.payee, amount, c.cumulative);
        }
    }

    /// @notice Adds the sender's tokens to what payees can be paid from. The gateway brings its fees in this way.
    function fund(uint128 amount) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        backing += amount;
        emit Funded(msg.sender, amount);
        _pull(msg.sender, amount);
    }

    /// @notice A root that is kept, or zeros.
    function rootOf(uint64 epoch) external view returns (bytes32 root, uint64 claimableAt) {
        Root storage entry = _ring[epoch % RING];
        return entry.epoch == epoch ? (entry.root, entry.claimableAt) : (bytes32(0), 0);
    }

    /// @dev Takes from what no root has promised to payees.
    function _takeFreeBacking(uint128 amount) internal {
        uint128 free = backing - posted;
        if (amount > free) revert BackingInsufficient(free, amount);
        backing -= amount;
    }

    function _finalRoot(uint64 epoch) private view returns (bytes32) {
        Root storage entry = _ring[epoch % RING];
        if (epoch == 0 || entry.epoch != epoch) revert RootUnknown(epoch);
        if (block.timestamp < entry.claimableAt) revert RootNotFinal(entry.claimableAt);
        return entry.root;
    }

    /// @dev Proves the leaf, marks it claimed and says what is due.
    function _claimable(bytes32 root, address payee, uint128 cumulative, bytes32[] calldata proof)
        private
        returns (uint128)
    {
        if (payee == address(0)) revert ZeroAddress();
        if (proof.length > PROOF_MAX) revert TooMany(proof.length, PROOF_MAX);
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(payee, cumulative))));
        if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert ProofInvalid(payee);
        uint128 claimed = claimedOf[payee];
        if (cumulative <= claimed) return 0;
        claimedOf[payee] = cumulative;
        return cumulative - claimed;
    }

    function _addClaimed(uint128 amount) private {
        uint256 total = uint256(claimedTotal) + amount;
        if (total > posted) revert ClaimsExceedRoot(posted, total);
        claimedTotal = uint128(total);
    }

    function _pay(address payee, uint128 amount, uint128 cumulative) private {
        address owner = _nodes[payee].owner;
        emit Claimed(payee, amount, cumulative);
        _push(owner == address(0) ? payee : owner, amount);
    }
}
