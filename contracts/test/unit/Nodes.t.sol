// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../src/settlement/CollateralVault.sol";
import {NodeRegistry} from "../../src/settlement/NodeRegistry.sol";
import {Parameters} from "../../src/settlement/Parameters.sol";
import {Verdict} from "../../src/settlement/SlashTypes.sol";
import {TokenVault} from "../../src/shared/TokenVault.sol";
import {Fixture, Key} from "../support/Fixture.sol";
import {VM} from "../support/Vm.sol";

contract NodesTest is Fixture {
    event NodeRegistered(address indexed node, address indexed owner, uint128 bonded);
    event CollateralWithdrawn(address indexed node, uint128 amount);

    Key private node;

    function setUp() public override {
        super.setUp();
        node = key("node");
    }

    // --- registration and keys

    function test_RegisterNode_BindsOwnerAndKey_TakesCollateral() external {
        give(OWNER, 150e6);
        bytes memory consent = binding(node, OWNER);
        VM.expectEmit(true, true, false, true, address(settlement));
        emit NodeRegistered(node.addr, OWNER, 150e6);
        VM.prank(OWNER);
        settlement.registerNode(node.addr, 150e6, consent);

        (address owner, address receiptKey, uint128 bonded, uint128 unbonding, uint128 frozen, uint128 claimed) =
            settlement.nodeOf(node.addr);
        eq(owner, OWNER);
        eq(receiptKey, node.addr);
        eq(bonded, 150e6);
        eq(uint256(unbonding) + frozen + claimed, 0);
        eq(settlement.receiptKeyOf(node.addr), node.addr);
        eq(settlement.receiptKeyNode(node.addr), node.addr);
        eq(token.balanceOf(address(settlement)), 150e6);
    }

    function test_RegisterNode_Refusals() external {
        register(node, OWNER, 100e6);
        bytes memory consent = binding(node, OWNER);
        reverts(abi.encodeWithSelector(NodeRegistry.NodeAlreadyRegistered.selector, node.addr));
        VM.prank(OWNER);
        settlement.registerNode(node.addr, 100e6, consent);

        Key memory other = key("other");
        give(OWNER, 100e6);
        consent = binding(other, OWNER);
        reverts(abi.encodeWithSelector(NodeRegistry.CollateralTooLow.selector, 100e6 - 1, COLLATERAL_MIN));
        VM.prank(OWNER);
        settlement.registerNode(other.addr, 100e6 - 1, consent);

        // The consent names its owner: nobody who saw it can register the node for himself.
        give(STRANGER, 100e6);
        reverts(abi.encodeWithSelector(NodeRegistry.BadSignature.selector, other.addr));
        VM.prank(STRANGER);
        settlement.registerNode(other.addr, 100e6, consent);
    }

    function test_RegisterNode_ZeroAddressWithGarbageSignature_Refused() external {
        give(OWNER, 100e6);
        reverts(abi.encodeWithSelector(NodeRegistry.BadSignature.selector, address(0)));
        VM.prank(OWNER);
        settlement.registerNode(address(0), 100e6, new bytes(65));
    }

    function test_RegisterNode_MalleatedSignature_Refused() external {
        give(OWNER, 100e6);
        bytes memory consent = malleated(binding(node, OWNER));
        reverts(abi.encodeWithSelector(NodeRegistry.BadSignature.selector, node.addr));
        VM.prank(OWNER);
        settlement.registerNode(node.addr, 100e6, consent);
    }

    function test_RegisterNode_KeyOfAnotherNode_Refused() external {
        register(node, OWNER, 100e6);
        Key memory second = key("second");
        bytes memory consent = keyBinding(second, node.addr);
        VM.prank(OWNER);
        settlement.rotateReceiptKey(node.addr, second.addr, consent);

        give(STRANGER, 100e6);
        consent = binding(second, STRANGER);
        reverts(abi.encodeWithSelector(NodeRegistry.KeyTaken.selector, second.addr, node.addr));
        VM.prank(STRANGER);
        settlement.registerNode(second.addr, 100e6, consent);
    }

    function test_RotateReceiptKey_OldKeysStayEvidence_AndCanComeBack() external {
        register(node, OWNER, 100e6);
        Key memory second = key("second");
        bytes memory consent = keyBinding(second, node.addr);
        VM.prank(OWNER);
        settlement.rotateReceiptKey(node.addr, second.addr, consent);
        eq(settlement.receiptKeyOf(node.addr), second.addr);
        eq(settlement.receiptKeyNode(node.addr), node.addr);
        eq(settlement.receiptKeyNode(second.addr), node.addr);

        consent = keyBinding(node, node.addr);
        VM.prank(OWNER);
        settlement.rotateReceiptKey(node.addr, node.addr, consent);
        eq(settlement.receiptKeyOf(node.addr), node.addr);
    }

    function test_RotateReceiptKey_Refusals() external {
        register(node, OWNER, 100e6);
        Key memory second = key("second");
        bytes memory consent = keyBinding(second, node.addr);
        reverts(abi.encodeWithSelector(NodeRegistry.NotOwner.selector, node.addr, STRANGER));
        VM.prank(STRANGER);
        settlement.rotateReceiptKey(node.addr, second.addr, consent);

        bytes memory notByTheKey = keyBindingOf(node, second.addr);
        reverts(abi.encodeWithSelector(NodeRegistry.BadSignature.selector, second.addr));
        VM.prank(OWNER);
        settlement.rotateReceiptKey(node.addr, second.addr, notByTheKey);

        Key memory rival = key("rival");
        register(rival, STRANGER, 100e6);
        consent = keyBinding(rival, node.addr);
        reverts(abi.encodeWithSelector(NodeRegistry.KeyTaken.selector, rival.addr, rival.addr));
        VM.prank(OWNER);
        settlement.rotateReceiptKey(node.addr, rival.addr, consent);
    }

    // --- collateral

    function test_Bond_AnyoneAdds() external {
        register(node, OWNER, 100e6);
        give(STRANGER, 50e6);
        VM.prank(STRANGER);
        settlement.bond(node.addr, 50e6);
        _collateralIs(150e6, 0, 0);
    }

    function test_Bond_Refusals() external {
        reverts(abi.encodeWithSelector(NodeRegistry.NodeUnknown.selector, node.addr));
        settlement.bond(node.addr, 1);
        register(node, OWNER, 100e6);
        reverts(TokenVault.ZeroAmount.selector);
        settlement.bond(node.addr, 0);
    }

    function test_RequestUnbond_Refusals() external {
        register(node, OWNER, 100e6);
        reverts(abi.encodeWithSelector(NodeRegistry.NotOwner.selector, node.addr, STRANGER));
        VM.prank(STRANGER);
        settlement.requestUnbond(node.addr, 1);
        VM.startPrank(OWNER);
        reverts(TokenVault.ZeroAmount.selector);
        settlement.requestUnbond(node.addr, 0);
        reverts(abi.encodeWithSelector(CollateralVault.CollateralInsufficient.selector, 100e6, 100e6 + 1));
        settlement.requestUnbond(node.addr, 100e6 + 1);
        for (uint256 i; i < 8; ++i) {
            settlement.requestUnbond(node.addr, 1e6);
        }
        reverts(CollateralVault.TooManyTranches.selector);
        settlement.requestUnbond(node.addr, 1e6);
        eq(settlement.tranchesOf(node.addr).length, 8);
    }

    // A fault of the prototype: the date of a second notice replaced the first one's.
    function test_RequestUnbond_Second_DoesNotResetTheFirst() external {
        register(node, OWNER, 100e6);
        VM.prank(OWNER);
        settlement.requestUnbond(node.addr, 40e6);
        VM.warp(START + UNBOND - 1);
        VM.prank(OWNER);
        settlement.requestUnbond(node.addr, 30e6);
        reverts(CollateralVault.NothingToWithdraw.selector);
        settlement.withdrawCollateral(node.addr);

        VM.warp(START + UNBOND);
        VM.expectEmit(true, false, false, true, address(settlement));
        emit CollateralWithdrawn(node.addr, 40e6);
        settlement.withdrawCollateral(node.addr); // by anyone, to the owner
        eq(token.balanceOf(OWNER), 40e6);
        _collateralIs(30e6, 30e6, 0);

        VM.warp(START + 2 * UNBOND - 1);
        settlement.withdrawCollateral(node.addr);
        eq(token.balanceOf(OWNER), 70e6);
        _collateralIs(30e6, 0, 0);
        eq(settlement.tranchesOf(node.addr).length, 0);
    }

    function test_WithdrawCollateral_UnknownNode_Refused() external {
        reverts(abi.encodeWithSelector(NodeRegistry.NodeUnknown.selector, node.addr));
        settlement.withdrawCollateral(node.addr);
    }

    function test_WithdrawCollateral_FrozenStays_TheRestGoes() external {
        register(node, OWNER, 100e6);
        VM.startPrank(OWNER);
        settlement.requestUnbond(node.addr, 60e6);
        settlement.requestUnbond(node.addr, 40e6);
        VM.stopPrank();
        VM.warp(START + UNBOND);
        bytes32 id = propose(verdictOf(node.addr, 70e6, address(0)));
        _collateralIs(0, 100e6, 70e6);

        settlement.withdrawCollateral(node.addr);
        eq(token.balanceOf(OWNER), 30e6);
        _collateralIs(0, 70e6, 70e6);
        reverts(CollateralVault.NothingToWithdraw.selector);
        settlement.withdrawCollateral(node.addr);

        settlement.rule(id, false, ruling(id, false));
        settlement.withdrawCollateral(node.addr);
        eq(token.balanceOf(OWNER), 100e6);
        _collateralIs(0, 0, 0);
    }

    function test_WithdrawCollateral_BondedCoversTheFrozen_MaturedGoes() external {
        register(node, OWNER, 100e6);
        VM.prank(OWNER);
        settlement.requestUnbond(node.addr, 60e6);
        VM.warp(START + UNBOND);
        propose(verdictOf(node.addr, 40e6, address(0)));
        settlement.withdrawCollateral(node.addr);
        eq(token.balanceOf(OWNER), 60e6);
        _collateralIs(40e6, 0, 40e6);
    }

    function test_Slash_TakesFromBondFirst_ThenFromTranchesOldestFirst() external {
        register(node, OWNER, 100e6);
        VM.startPrank(OWNER);
        settlement.requestUnbond(node.addr, 30e6);
        VM.warp(START + 1);
        settlement.requestUnbond(node.addr, 50e6);
        VM.stopPrank();
        bytes32 id = propose(verdictOf(node.addr, 60e6, address(0)));
        VM.warp(block.timestamp + APPEAL);
        settlement.execute(id);
        _collateralIs(0, 40e6, 0); // 20 of the bond, all 30 of the first, 10 of the second
        eq(settlement.tranchesOf(node.addr).length, 1);
        eq(settlement.tranchesOf(node.addr)[0].amount, 40e6);
        eq(settlement.tranchesOf(node.addr)[0].availableAt, START + 1 + UNBOND);
    }

    function test_Paused_BlocksEntry_NotLeaving() external {
        register(node, OWNER, 100e6);
        VM.prank(OWNER);
        settlement.requestUnbond(node.addr, 50e6);
        VM.warp(START + UNBOND);
        VM.prank(GUARDIAN);
        settlement.pause();
        bytes memory error_ = abi.encodeWithSelector(Parameters.WhilePaused.selector, block.timestamp + 3 days);
        reverts(error_);
        settlement.bond(node.addr, 1);
        reverts(error_);
        settlement.registerNode(STRANGER, 100e6, "");
        settlement.withdrawCollateral(node.addr);
        VM.prank(OWNER);
        settlement.requestUnbond(node.addr, 50e6);
        _collateralIs(0, 50e6, 0);
    }

    function _collateralIs(uint128 bonded, uint128 unbonding, uint128 frozen) private view {
        (uint128 b, uint128 u, uint128 f) = collateralOf(node.addr);
        eq(b, bonded);
        eq(u, unbonding);
        eq(f, frozen);
    }

    function keyBindingOf(Key memory by, address key_) private view returns (bytes memory) {
        return sign(by, domain, keccak256(abi.encode(settlement.RECEIPT_KEY_TYPE(), node.addr, key_)));
    }
}
