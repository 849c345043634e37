// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Signatures} from "../shared/Signatures.sol";
import {TokenVault} from "../shared/TokenVault.sol";
import {Parameters} from "./Parameters.sol";

/// @title Nodes and their keys (P2)
/// @notice A node is the address of the key that first signed for it. Its owner is another, cold key, which pays and is
/// paid; the key that signs receipts can be replaced without moving money.
abstract contract NodeRegistry is Parameters, TokenVault, EIP712 {
    bytes32 public constant NODE_BINDING_TYPE = keccak256("NodeBinding(address node,address owner)");
    bytes32 public constant RECEIPT_KEY_TYPE = keccak256("ReceiptKey(address node,address key)");

    struct Node {
        address owner; // zero: not registered
        address receiptKey;
        uint128 bonded;
        uint128 unbonding; // sum of the open tranches
        uint128 frozen; // of bonded and unbonding together, by open slashes
    }

    mapping(address node => Node) internal _nodes;

    /// @notice The node to which a key was ever bound. A key belongs to one node for ever, so that what it once signed
    /// stays evidence against that node.
    mapping(address key => address node) public receiptKeyNode;

    event NodeRegistered(address indexed node, address indexed owner, uint128 bonded);
    event ReceiptKeyRotated(address indexed node, address indexed key);

    error NodeUnknown(address node);
    error NodeAlreadyRegistered(address node);
    error NotOwner(address node, address sender);
    error CollateralTooLow(uint128 collateral, uint128 minimum);
    error KeyTaken(address key, address node);
    error BadSignature(address expected);

    /// @dev Reverts for a node that does not exist, too: nobody is its owner.
    modifier onlyOwner(address node) {
        if (_nodes[node].owner != msg.sender) revert NotOwner(node, msg.sender);
        _;
    }

    /// @notice Registers `node` for the sender, who becomes its owner, with collateral from the sender's tokens.
    /// @param nodeSignature The node's consent: NodeBinding(node, owner) signed by the node's key.
    function registerNode(address node, uint128 collateral, bytes calldata nodeSignature)
        external
        nonReentrant
        whenNotPaused
    {
        if (_nodes[node].owner != address(0)) revert NodeAlreadyRegistered(node);
        if (receiptKeyNode[node] != address(0)) revert KeyTaken(node, receiptKeyNode[node]);
        if (collateral < collateralMin) revert CollateralTooLow(collateral, collateralMin);
        _requireSignature(node, keccak256(abi.encode(NODE_BINDING_TYPE, node, msg.sender)), nodeSignature);

        _nodes[node].owner = msg.sender;
        _nodes[node].bonded = collateral;
        _bindKey(node, node);
        emit NodeRegistered(node, msg.sender, collateral);
        _pull(msg.sender, collateral);
    }

    /// @notice Replaces the key that signs the node's receipts, commitments and answers.
    /// @param keySignature The key's consent: ReceiptKey(node, key) signed by `key`.
    function rotateReceiptKey(address node, address key, bytes calldata keySignature) external onlyOwner(node) {
        address boundTo = receiptKeyNode[key];
        if (boundTo != address(0) && boundTo != node) revert KeyTaken(key, boundTo);
        _requireSignature(key, keccak256(abi.encode(RECEIPT_KEY_TYPE, node, key)), keySignature);
        _bindKey(node, key);
        emit ReceiptKeyRotated(node, key);
    }

    /// @notice The key that signs for a node now; zero where no such node is registered.
    function receiptKeyOf(address node) external view returns (address) {
        return _nodes[node].receiptKey;
    }

    function _bindKey(address node, address key) private {
        receiptKeyNode[key] = node;
        _nodes[node].receiptKey = key;
    }

    function _requireSignature(address by, bytes32 structHash, bytes calldata signature) private view {
        address signer = Signatures.signer(_hashTypedDataV4(structHash), signature);
        if (signer == address(0) || signer != by) revert BadSignature(by);
    }
}
