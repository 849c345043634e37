// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {NetworkRequest} from "../../src/shared/NetworkRequest.sol";
import {Fixture, Key} from "../support/Fixture.sol";
import {VM} from "../support/Vm.sol";

/// @notice What the network's own code signed (test/vectors.json, made and checked by tests/Atoma.Contracts.Tests) is
/// evidence here, byte for byte.
contract VectorsTest is Fixture {
    uint256 private constant CASES = 3;
    string private vectors;

    function setUp() public override {
        super.setUp();
        vectors = VM.readFile("test/vectors.json");
    }

    function test_CommitmentDomain_IsTheNetworks() external view {
        eq(VM.parseJsonBytes32(vectors, ".commitmentDomain"), commitments);
    }

    function test_RequestId_IsTheNetworks() external view {
        for (uint256 i; i < CASES; ++i) {
            address account = VM.parseJsonAddress(vectors, _at(i, "account"));
            bytes32 nonce = VM.parseJsonBytes32(vectors, _at(i, "nonce"));
            eq(NetworkRequest.idOf(account, nonce), VM.parseJsonBytes32(vectors, _at(i, "request")));
        }
    }

    function test_CommitmentsOfTheNetwork_Convict_AndTheirRequesterIsBound() external {
        for (uint256 i; i < CASES; ++i) {
            bytes32 id = _convict(i);
            address account = VM.parseJsonAddress(vectors, _at(i, "account"));
            settlement.bindVictim(id, account, VM.parseJsonBytes32(vectors, _at(i, "nonce")));
            VM.warp(block.timestamp + APPEAL);
            settlement.execute(id);
            eq(balanceOf(account), 25e6);
        }
    }

    function _convict(uint256 index) private returns (bytes32) {
        Key memory node = Key(
            VM.parseJsonAddress(vectors, _at(index, "node")),
            uint256(VM.parseJsonBytes32(vectors, _at(index, "secret")))
        );
        eq(VM.addr(node.secret), node.addr);
        register(node, OWNER, 100e6);
        bytes32 request = VM.parseJsonBytes32(vectors, _at(index, "request"));
        (bytes32 valueA, bytes memory signatureA) = _commitment(index, "0", node.addr, request);
        (bytes32 valueB, bytes memory signatureB) = _commitment(index, "1", node.addr, request);
        return settlement.slashEquivocation(node.addr, request, valueA, signatureA, valueB, signatureB);
    }

    function _commitment(uint256 index, string memory which, address node, bytes32 request)
        private
        view
        returns (bytes32 value, bytes memory signature)
    {
        string memory path = string.concat(_at(index, "commitments["), which, "]");
        value = VM.parseJsonBytes32(vectors, string.concat(path, ".value"));
        signature = VM.parseJsonBytes(vectors, string.concat(path, ".signature"));
        bytes32 typeHash = keccak256("Commitment(bytes32 request,address node,bytes32 value)");
        bytes32 digest = digestOf(commitments, keccak256(abi.encode(typeHash, request, node, value)));
        eq(digest, VM.parseJsonBytes32(vectors, string.concat(path, ".digest")));
    }

    function _at(uint256 index, string memory field) private pure returns (string memory) {
        return string.concat(".cases[", VM.toString(index), "].", field);
    }
}
