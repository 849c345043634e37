// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Parameters} from "../../src/settlement/Parameters.sol";
import {Payouts} from "../../src/settlement/Payouts.sol";
import {TokenVault} from "../../src/shared/TokenVault.sol";
import {Fixture, Key} from "../support/Fixture.sol";
import {Merkle} from "../support/Merkle.sol";
import {VM} from "../support/Vm.sol";

contract PayoutsTest is Fixture {
    event RootPosted(uint64 indexed epoch, bytes32 root, uint128 total, bytes32 dataHash);
    event RootCancelled(uint64 indexed epoch);
    event Claimed(address indexed payee, uint128 amount, uint128 cumulative);
    event Funded(address indexed from, uint128 amount);

    address private constant TREASURY = address(0x7EA5);
    Key private node;

    function setUp() public override {
        super.setUp();
        node = key("node");
        register(node, OWNER, 100e6);
    }

    function test_Fund_AddsBacking() external {
        give(STRANGER, 5e6);
        VM.startPrank(STRANGER);
        reverts(TokenVault.ZeroAmount.selector);
        settlement.fund(0);
        VM.expectEmit(true, false, false, true, address(settlement));
        emit Funded(STRANGER, 5e6);
        settlement.fund(5e6);
        eq(settlement.backing(), 5e6);
    }

    // --- posting

    function test_PostRoot_Steps() external {
        back(50e6);
        VM.expectEmit(true, false, false, true, address(settlement));
        emit RootPosted(1, keccak256("one"), 30e6, bytes32(uint256(1)));
        post(1, keccak256("one"), 30e6);
        post(2, keccak256("two"), 30e6); // a total may stand still
        eq(settlement.lastEpoch(), 2);
        eq(settlement.posted(), 30e6);
        (bytes32 root, uint64 claimableAt) = settlement.rootOf(1);
        eq(root, keccak256("one"));
        eq(claimableAt, START + CLAIM);
        (root, claimableAt) = settlement.rootOf(10); // shares the slot of 1
        eq(root, bytes32(0));
        eq(claimableAt, 0);
    }

    function test_PostRoot_Refusals() external {
        back(50e6);
        reverts(abi.encodeWithSelector(Parameters.NotSettler.selector, address(this)));
        settlement.postRoot(1, keccak256("root"), 1, 0);
        reverts(abi.encodeWithSelector(Payouts.EpochOutOfOrder.selector, 2, 1));
        post(2, keccak256("root"), 1);
        post(1, keccak256("root"), 20e6);
        reverts(abi.encodeWithSelector(Payouts.EpochOutOfOrder.selector, 1, 2));
        post(1, keccak256("root"), 20e6);
        reverts(abi.encodeWithSelector(Payouts.TotalOutOfRange.selector, 20e6 - 1, 20e6, 50e6));
        post(2, keccak256("root"), 20e6 - 1);
        reverts(abi.encodeWithSelector(Payouts.TotalOutOfRange.selector, 50e6 + 1, 20e6, 50e6));
        post(2, keccak256("root"), 50e6 + 1);
        reverts(Payouts.RootEmpty.selector);
        post(2, 0, 20e6);
        VM.prank(GUARDIAN);
        settlement.pause();
        reverts(abi.encodeWithSelector(Parameters.WhilePaused.selector, START + 3 days));
        post(2, keccak256("root"), 20e6);
    }

    // Nine roots in one block would leave payees nothing to claim from.
    function test_PostRoot_CannotFlushWhatIsClaimable() external {
        back(50e6);
        (bytes32 root, bytes32[] memory proof) = _one(node.addr, 50e6);
        post(1, root, 50e6);
        VM.warp(START + CLAIM);
        for (uint64 epoch = 2; epoch <= 9; ++epoch) {
            post(epoch, keccak256("bad"), 50e6);
        }
        reverts(abi.encodeWithSelector(Payouts.RootTooSoon.selector, START + 2 * CLAIM));
        post(10, keccak256("bad"), 50e6);
        VM.warp(START + 2 * CLAIM - 1);
        settlement.claim(1, node.addr, 50e6, proof);
        VM.warp(START + 2 * CLAIM);
        post(10, keccak256("bad"), 50e6);
    }

    // --- cancelling

    // A fault of the prototype: epoch and total of a cancelled root stayed.
    function test_CancelRoot_RestoresTotals() external {
        back(50e6);
        post(1, keccak256("one"), 10e6);
        post(2, keccak256("two"), 50e6);
        VM.expectEmit(true, false, false, false, address(settlement));
        emit RootCancelled(2);
        VM.prank(GUARDIAN);
        settlement.cancelRoot(2);
        eq(settlement.lastEpoch(), 1);
        eq(settlement.posted(), 10e6);
        (bytes32 root,) = settlement.rootOf(2);
        eq(root, bytes32(0));
        post(2, keccak256("better"), 15e6);
        eq(settlement.posted(), 15e6);
    }

    function test_CancelRoot_DisplacesNoneOfTheLastEight() external {
        back(50e6);
        for (uint64 epoch = 1; epoch <= 9; ++epoch) {
            post(epoch, bytes32(uint256(epoch)), 10e6);
            VM.warp(block.timestamp + CLAIM);
        }
        post(10, keccak256("bad"), 50e6);
        VM.prank(GUARDIAN);
        settlement.cancelRoot(10);
        for (uint64 epoch = 2; epoch <= 9; ++epoch) {
            (bytes32 root,) = settlement.rootOf(epoch);
            eq(root, bytes32(uint256(epoch)));
        }
    }

    function test_CancelRoot_Refusals() external {
        back(50e6);
        reverts(abi.encodeWithSelector(Payouts.EpochOutOfOrder.selector, 0, 0));
        VM.prank(GUARDIAN);
        settlement.cancelRoot(0);
        post(1, keccak256("one"), 10e6);
        post(2, keccak256("two"), 10e6);
        reverts(abi.encodeWithSelector(Parameters.NotGuardian.selector, address(this)));
        settlement.cancelRoot(2);
        reverts(abi.encodeWithSelector(Payouts.EpochOutOfOrder.selector, 1, 2));
        VM.prank(GUARDIAN);
        settlement.cancelRoot(1);
        VM.warp(START + CLAIM);
        reverts(abi.encodeWithSelector(Payouts.RootFinal.selector, 2));
        VM.prank(GUARDIAN);
        settlement.cancelRoot(2);
    }

    // An older root that lied took what the cancelled one would have covered: totals stay consistent.
    function test_CancelRoot_AfterOverclaim_PostedCoversClaims() external {
        back(100e6);
        (bytes32 lie, bytes32[] memory proof) = _one(node.addr, 60e6);
        post(1, lie, 10e6);
        VM.warp(START + CLAIM);
        post(2, keccak256("two"), 100e6);
        settlement.claim(1, node.addr, 60e6, proof);
        VM.prank(GUARDIAN);
        settlement.cancelRoot(2);
        eq(settlement.posted(), 60e6);
        eq(settlement.claimedTotal(), 60e6);
    }

    // --- claiming

    function test_Claim_PaysTheOwner_TheDifferenceOnly() external {
        back(100e6);
        (bytes32 root, bytes32[] memory proof) = _one(node.addr, 30e6);
        post(1, root, 30e6);
        VM.warp(START + CLAIM);
        VM.expectEmit(true, false, false, true, address(settlement));
        emit Claimed(node.addr, 30e6, 30e6);
        settlement.claim(1, node.addr, 30e6, proof);
        eq(token.balanceOf(OWNER), 30e6);
        (root, proof) = _one(node.addr, 45e6);
        post(2, root, 45e6);
        VM.warp(block.timestamp + CLAIM);
        settlement.claim(2, node.addr, 45e6, proof);
        eq(token.balanceOf(OWNER), 45e6);
        eq(settlement.claimedOf(node.addr), 45e6);
        eq(settlement.claimedTotal(), 45e6);
        (,,,,, uint128 claimed) = settlement.nodeOf(node.addr);
        eq(claimed, 45e6);
        reverts(abi.encodeWithSelector(Payouts.AlreadyClaimed.selector, node.addr, 45e6));
        settlement.claim(2, node.addr, 45e6, proof);
    }

    function test_Claim_OfNoNode_PaysThePayee() external {
        back(100e6);
        (bytes32 root, bytes32[] memory proof) = _one(TREASURY, 30e6);
        post(1, root, 30e6);
        VM.warp(START + CLAIM);
        VM.prank(GUARDIAN);
        settlement.pause(); // traps no claim
        settlement.claim(1, TREASURY, 30e6, proof);
        eq(token.balanceOf(TREASURY), 30e6);
    }

    // A node that the newest root leaves out still has the older ones.
    function test_Claim_OmittedNode_UsesAnOlderRootOfTheRing() external {
        back(100e6);
        (bytes32 root, bytes32[] memory proof) = _one(node.addr, 30e6);
        post(1, root, 30e6);
        for (uint64 epoch = 2; epoch <= 8; ++epoch) {
            VM.warp(block.timestamp + CLAIM);
            (bytes32 without,) = _one(TREASURY, 30e6);
            post(epoch, without, 60e6);
        }
        settlement.claim(1, node.addr, 30e6, proof);
        eq(token.balanceOf(OWNER), 30e6);
        VM.warp(block.timestamp + CLAIM);
        post(9, keccak256("nine"), 60e6);
        post(10, keccak256("ten"), 60e6);
        reverts(abi.encodeWithSelector(Payouts.RootUnknown.selector, 1));
        settlement.claim(1, node.addr, 30e6, proof);
    }

    // A root that lies about its leaves cannot pay more than was posted, however it lies.
    function test_Claim_LyingRoot_PaysNoMoreThanPosted() external {
        back(100e6);
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = Merkle.leaf(node.addr, 30e6);
        leaves[1] = Merkle.leaf(TREASURY, type(uint128).max);
        post(1, Merkle.root(leaves), 40e6);
        VM.warp(START + CLAIM);
        settlement.claim(1, node.addr, 30e6, Merkle.proof(leaves, 0));
        bytes32[] memory proof = Merkle.proof(leaves, 1);
        reverts(abi.encodeWithSelector(Payouts.ClaimsExceedRoot.selector, 40e6, uint256(30e6) + type(uint128).max));
        settlement.claim(1, TREASURY, type(uint128).max, proof);
        eq(settlement.claimedTotal(), 30e6);
    }

    function test_Claim_Refusals() external {
        back(100e6);
        (bytes32 root, bytes32[] memory proof) = _one(node.addr, 30e6);
        reverts(abi.encodeWithSelector(Payouts.RootUnknown.selector, 0));
        settlement.claim(0, node.addr, 30e6, proof);
        reverts(abi.encodeWithSelector(Payouts.RootUnknown.selector, 1));
        settlement.claim(1, node.addr, 30e6, proof);
        post(1, root, 30e6);
        VM.warp(START + CLAIM - 1);
        reverts(abi.encodeWithSelector(Payouts.RootNotFinal.selector, START + CLAIM));
        settlement.claim(1, node.addr, 30e6, proof);
        VM.warp(START + CLAIM);
        reverts(abi.encodeWithSelector(Payouts.ProofInvalid.selector, node.addr));
        settlement.claim(1, node.addr, 30e6 + 1, proof);
        reverts(abi.encodeWithSelector(Payouts.ProofInvalid.selector, TREASURY));
        settlement.claim(1, TREASURY, 30e6, proof);
        reverts(TokenVault.ZeroAddress.selector);
        settlement.claim(1, address(0), 30e6, proof);
        reverts(abi.encodeWithSelector(Payouts.TooMany.selector, 33, 32));
        settlement.claim(1, node.addr, 30e6, new bytes32[](33));
    }

    function test_ClaimMany_PassesOverTheClaimed() external {
        back(100e6);
        bytes32[] memory leaves = new bytes32[](3);
        leaves[0] = Merkle.leaf(node.addr, 30e6);
        leaves[1] = Merkle.leaf(TREASURY, 20e6);
        leaves[2] = Merkle.leaf(STRANGER, 10e6);
        post(1, Merkle.root(leaves), 60e6);
        VM.warp(START + CLAIM);
        settlement.claim(1, TREASURY, 20e6, Merkle.proof(leaves, 1));
        Payouts.Claim[] memory claims = new Payouts.Claim[](4);
        claims[0] = Payouts.Claim(node.addr, 30e6, Merkle.proof(leaves, 0));
        claims[1] = Payouts.Claim(TREASURY, 20e6, Merkle.proof(leaves, 1));
        claims[2] = Payouts.Claim(STRANGER, 10e6, Merkle.proof(leaves, 2));
        claims[3] = claims[0];
        settlement.claimMany(1, claims);
        eq(token.balanceOf(OWNER), 30e6);
        eq(token.balanceOf(TREASURY), 20e6);
        eq(token.balanceOf(STRANGER), 10e6);
        eq(settlement.claimedTotal(), 60e6);
        claims[0].cumulative = 31e6;
        reverts(abi.encodeWithSelector(Payouts.ProofInvalid.selector, node.addr));
        settlement.claimMany(1, claims);
        reverts(abi.encodeWithSelector(Payouts.TooMany.selector, 257, 256));
        settlement.claimMany(1, new Payouts.Claim[](257));
    }

    /// @dev A tree of seven, with this payee in the place without a sibling.
    function _one(address payee, uint128 cumulative) private pure returns (bytes32 root, bytes32[] memory proof) {
        bytes32[] memory leaves = new bytes32[](7);
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = keccak256(abi.encode(i));
        }
        leaves[6] = Merkle.leaf(payee, cumulative);
        return (Merkle.root(leaves), Merkle.proof(leaves, 6));
    }
}
