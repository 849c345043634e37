// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {NetworkRequest} from "../shared/NetworkRequest.sol";
import {Signatures} from "../shared/Signatures.sol";
import {CollateralVault} from "./CollateralVault.sol";
import {Slash, SlashKind, SlashState, Verdict} from "./SlashTypes.sol";
import {SlashSplit} from "./SlashSplit.sol";
import {Vouchers} from "./Vouchers.sol";

/// @title Slashing (P8)
/// @notice Collateral is taken in two ways. Two signed commitments for one request convict by themselves. A verdict needs
/// k of n signers and can be appealed once. Either freezes first and moves money only after the appeal window (P8.5), and
/// whoever reports gets nothing, so there is nothing to race for.
abstract contract Slashing is CollateralVault, Vouchers {
    bytes32 public constant COMMITMENT_TYPE = keccak256("Commitment(bytes32 request,address node,bytes32 value)");
    bytes32 public constant VERDICT_TYPE = keccak256(
        "Verdict(bytes32 id,address node,bytes32 request,address victim,uint128 amount,uint16 honest,uint16 resolvers,uint8 kind,bytes32 evidence,uint64 deadline)"
    );
    bytes32 public constant RULING_TYPE = keccak256("Ruling(bytes32 id,bool uphold)");

    /// @notice Where burned tokens go: many tokens refuse the zero address.
    address public constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    /// @dev Ids of equivocations start with 64 ones and ids of verdicts must not, so that no quorum of signers can occupy
    /// the id of an equivocation beforehand and so prevent it.
    uint256 private constant EQUIVOCATION_PREFIX = uint256(type(uint64).max) << 192;

    mapping(bytes32 id => Slash) private _slashes;

    event SlashOpened(
        bytes32 indexed id, address indexed node, uint8 kind, uint128 amount, address victim, uint64 executeAt
    );
    event VictimBound(bytes32 indexed id, address indexed victim);
    event SlashAppealed(bytes32 indexed id);
    event SlashExecuted(bytes32 indexed id, address indexed node, uint128 amount, uint128 toVictim, uint128 burned);
    event SlashReturned(bytes32 indexed id, address indexed node);

    error SlashUnknownOrOver(bytes32 id, SlashState state);
    error SlashIdTaken(bytes32 id);
    error SlashIdReserved(bytes32 id);
    error SlashKindInvalid(uint8 kind);
    error NotEquivocation();
    error CommitmentNotOfNode(address node, address signer);
    error NothingToSlash(address node);
    error VerdictExpired(uint64 deadline);
    error SignaturesMalformed(uint256 length, uint256 expected);
    error NotVerdictSigner(address signer);
    error NotAppealable(bytes32 id);
    error AppealTooLate(uint64 executeAt);
    error ExecuteTooEarly(uint64 executeAt);
    error RulingTooLate(uint64 rulingAt);
    error LapseTooEarly(uint64 rulingAt);
    error VictimNotOpen(bytes32 id);
    error VictimUnproven(address victim);

    /// @notice Opens a slash of all that is not frozen yet, for two commitments to different values for one request. Once
    /// per node and request; not appealable, since it proves itself.
    /// @return id Of the slash; see `equivocationId`.
    function slashEquivocation(
        address node,
        bytes32 request,
        bytes32 valueA,
        bytes calldata signatureA,
        bytes32 valueB,
        bytes calldata signatureB
    ) external returns (bytes32 id) {
        if (_nodes[node].owner == address(0)) revert NodeUnknown(node);
        if (valueA == valueB) revert NotEquivocation();
        _requireCommitment(node, request, valueA, signatureA);
        _requireCommitment(node, request, valueB, signatureB);
        id = equivocationId(node, request);
        _open(id, node, SlashKind.Equivocation, type(uint128).max, address(0), request);
    }

    /// @notice Names the requester whom an equivocation hurt. It is part of the request's id, which the node signed.
    /// @param nonce The requester's nonce of that request.
    function bindVictim(bytes32 id, address victim, bytes32 nonce) external {
        Slash storage slash = _slashes[id];
        if (slash.state != SlashState.Open || slash.kind != SlashKind.Equivocation || slash.victim != address(0)) {
            revert VictimNotOpen(id);
        }
        if (victim == address(0) || NetworkRequest.idOf(victim, nonce) != slash.request) revert VictimUnproven(victim);
        slash.victim = victim;
        emit VictimBound(id, victim);
    }

    /// @notice Opens a slash that enough verdict signers signed.
    /// @param signatures As many as the threshold, 65 bytes each, of ascending signers.
    function proposeSlash(Verdict calldata v, bytes calldata signatures) external {
        if (block.timestamp > v.deadline) revert VerdictExpired(v.deadline);
        if (v.kind > uint8(SlashKind.Silence)) revert SlashKindInvalid(v.kind);
        if (uint256(v.id) >= EQUIVOCATION_PREFIX) revert SlashIdReserved(v.id);
        if (_nodes[v.node].owner == address(0)) revert NodeUnknown(v.node);
        _requireQuorum(keccak256(abi.encode(VERDICT_TYPE, v)), signatures);
        _open(v.id, v.node, SlashKind(v.kind), v.amount, v.victim, v.request);
    }

    /// @notice The owner's one appeal, before the slash can be executed.
    function appeal(bytes32 id) external {
        Slash storage slash = _slashes[id];
        if (slash.state != SlashState.Open) revert SlashUnknownOrOver(id, slash.state);
        if (_nodes[slash.node].owner != msg.sender) revert NotOwner(slash.node, msg.sender);
        if (slash.kind == SlashKind.Equivocation) revert NotAppealable(id);
        if (block.timestamp >= slash.executeAt) revert AppealTooLate(slash.executeAt);
        slash.state = SlashState.Appealed;
        slash.rulingAt = uint48(block.timestamp) + _delays.ruling;
        emit SlashAppealed(id);
    }

    /// @notice Ends a verdict's slash: upheld it is executed (not before the appeal window is over, unless it was
    /// appealed), else the collateral is free again.
    function rule(bytes32 id, bool uphold, bytes calldata signatures) external nonReentrant {
        Slash storage slash = _slashes[id];
        _requireUndecided(id, slash);
        if (slash.kind == SlashKind.Equivocation) revert NotAppealable(id);
        bool appealed = slash.state == SlashState.Appealed;
        if (appealed && block.timestamp >= slash.rulingAt) revert RulingTooLate(slash.rulingAt);
        if (uphold && !appealed && block.timestamp < slash.executeAt) revert ExecuteTooEarly(slash.executeAt);
        _requireQuorum(keccak256(abi.encode(RULING_TYPE, id, uphold)), signatures);
        if (uphold) _execute(id, slash);
        else _return(id, slash);
    }

    /// @notice Executes a slash that nobody appealed; anyone may, after its window.
    function execute(bytes32 id) external nonReentrant {
        Slash storage slash = _slashes[id];
        if (slash.state != SlashState.Open) revert SlashUnknownOrOver(id, slash.state);
        if (block.timestamp < slash.executeAt) revert ExecuteTooEarly(slash.executeAt);
        _execute(id, slash);
    }

    /// @notice Frees the collateral of an appeal on which nobody ruled in time: no node is frozen for ever.
    function lapse(bytes32 id) external {
        Slash storage slash = _slashes[id];
        if (slash.state != SlashState.Appealed) revert SlashUnknownOrOver(id, slash.state);
        if (block.timestamp < slash.rulingAt) revert LapseTooEarly(slash.rulingAt);
        _return(id, slash);
    }

    function slashOf(bytes32 id) external view returns (Slash memory) {
        return _slashes[id];
    }

    /// @notice Id of the one slash for equivocation that a node and a request can have.
    function equivocationId(address node, bytes32 request) public pure returns (bytes32) {
        return bytes32(uint256(keccak256(abi.encode(node, request))) | EQUIVOCATION_PREFIX);
    }

    function _open(bytes32 id, address node, SlashKind kind, uint128 wanted, address victim, bytes32 request) private {
        if (_slashes[id].state != SlashState.None) revert SlashIdTaken(id);
        uint128 amount = _freeze(node, wanted);
        if (amount == 0) revert NothingToSlash(node);
        uint48 executeAt = uint48(block.timestamp) + _delays.appeal;
        _slashes[id] = Slash(node, SlashState.Open, kind, executeAt, amount, 0, victim, request);
        emit SlashOpened(id, node, uint8(kind), amount, victim, executeAt);
    }

    function _execute(bytes32 id, Slash storage slash) private {
        slash.state = SlashState.Executed;
        (address node, uint128 amount, address victim) = (slash.node, slash.amount, slash.victim);
        (uint128 toVictim, uint128 burned) = SlashSplit.shares(slash.kind, amount, victim != address(0));
        _seize(node, amount);
        backing += amount - toVictim - burned;
        if (toVictim != 0) _credit(victim, toVictim);
        emit SlashExecuted(id, node, amount, toVictim, burned);
        if (burned != 0) _push(BURN_ADDRESS, burned);
    }

    function _return(bytes32 id, Slash storage slash) private {
        slash.state = SlashState.Returned;
        _unfreeze(slash.node, slash.amount);
        emit SlashReturned(id, slash.node);
    }

    function _requireUndecided(bytes32 id, Slash storage slash) private view {
        if (slash.state != SlashState.Open && slash.state != SlashState.Appealed) {
            revert SlashUnknownOrOver(id, slash.state);
        }
    }

    function _requireCommitment(address node, bytes32 request, bytes32 value, bytes calldata signature) private view {
        bytes32 structHash = keccak256(abi.encode(COMMITMENT_TYPE, request, node, value));
        bytes32 digest = MessageHashUtils.toTypedDataHash(commitmentDomain, structHash);
        address signer = Signatures.signer(digest, signature);
        if (receiptKeyNode[signer] != node) revert CommitmentNotOfNode(node, signer);
    }

    /// @dev Exactly the threshold, ascending: none counts twice, and there is one way to write a quorum.
    function _requireQuorum(bytes32 structHash, bytes calldata signatures) private view {
        uint256 threshold = verdictThreshold;
        uint256 expected = threshold * Signatures.LENGTH;
        if (signatures.length != expected) revert SignaturesMalformed(signatures.length, expected);
        bytes32 digest = _hashTypedDataV4(structHash);
        address last;
        for (uint256 i; i < threshold; ++i) {
            address signer = Signatures.signer(digest, Signatures.part(signatures, i));
            if (signer <= last || !isVerdictSigner[signer]) revert NotVerdictSigner(signer);
            last = signer;
        }
    }
}
