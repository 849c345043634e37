// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AtomaSettlement} from "../../src/AtomaSettlement.sol";
import {InferenceGateway} from "../../src/InferenceGateway.sol";
import {TokenVault} from "../../src/shared/TokenVault.sol";
import {Fixture, Key} from "../support/Fixture.sol";
import {HostileToken} from "../support/Hostile.sol";
import {Merkle} from "../support/Merkle.sol";
import {VM} from "../support/Vm.sol";

/// @notice The books of a settlement whose token lies, fails or calls back.
contract HostileTokenTest is Fixture {
    HostileToken private hostile;
    InferenceGateway private gateway;
    Key private node;

    function setUp() public override {
        super.setUp();
        hostile = new HostileToken();
        settlement = deploySettlement(hostile, config());
        domain = settlement.domainSeparator();
        gateway = deployGateway(settlement, 1 hours);
        node = key("node");
        hostile.mint(address(this), 1000e6);
        hostile.approve(address(settlement), type(uint256).max);
        hostile.approve(address(gateway), type(uint256).max);
        hostile.mint(OWNER, 100e6);
        VM.prank(OWNER);
        hostile.approve(address(settlement), type(uint256).max);
        bytes memory consent = binding(node, OWNER);
        VM.prank(OWNER);
        settlement.registerNode(node.addr, 100e6, consent);
        settlement.deposit(address(this), 50e6);
        settlement.fund(50e6);
    }

    function test_FeeOnTransfer_NothingIsCreditedThatDidNotArrive() external {
        hostile.misbehave(HostileToken.Mode.TakesFee, address(0), "");
        _everyWayInReverts(abi.encodeWithSelector(TokenVault.TransferMismatch.selector, 100e6, 99e6));
    }

    function test_MoreArrives_IsRefusedToo() external {
        hostile.misbehave(HostileToken.Mode.PaysExtra, address(0), "");
        _everyWayInReverts(abi.encodeWithSelector(TokenVault.TransferMismatch.selector, 100e6, 100e6 + 1));
    }

    function test_ReturnsFalse_NoWayIn_NoWayOutThatForgetsMoney() external {
        settlement.requestExit(50e6);
        VM.warp(START + EXIT);
        hostile.misbehave(HostileToken.Mode.ReturnsFalse, address(0), "");
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(hostile));
        _everyWayInReverts(failed);
        reverts(failed);
        settlement.exit();
        hostile.misbehave(HostileToken.Mode.Honest, address(0), "");
        settlement.exit(); // the claim outlived the failure
        eq(balanceOf(address(this)), 0);
    }

    function test_Reentrant_OnEveryWayOut_IsRefused() external {
        settlement.requestExit(50e6);
        VM.prank(OWNER);
        settlement.requestUnbond(node.addr, 100e6);
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = Merkle.leaf(node.addr, 50e6);
        post(1, leaves[0], 50e6);
        VM.warp(START + UNBOND);

        bytes[3] memory again = [
            abi.encodeCall(AtomaSettlement(address(settlement)).exit, ()),
            abi.encodeWithSignature("withdrawCollateral(address)", node.addr),
            abi.encodeWithSignature("claim(uint64,address,uint128,bytes32[])", 1, node.addr, 50e6, new bytes32[](0))
        ];
        for (uint256 i; i < again.length; ++i) {
            hostile.misbehave(HostileToken.Mode.Reenters, address(settlement), again[i]);
            uint256 before = hostile.balanceOf(address(settlement));
            if (i == 0) settlement.exit();
            if (i == 1) settlement.withdrawCollateral(node.addr);
            if (i == 2) settlement.claim(1, node.addr, 50e6, new bytes32[](0));
            _wasRefused();
            eq(before - hostile.balanceOf(address(settlement)), i == 1 ? 100e6 : 50e6);
        }
        eq(hostile.balanceOf(address(settlement)), 0);
    }

    function test_Reentrant_OnTheWayIn_CountsOnce() external {
        bytes memory again = abi.encodeWithSignature("deposit(address,uint128)", address(this), 10e6);
        hostile.misbehave(HostileToken.Mode.Reenters, address(settlement), again);
        settlement.deposit(address(this), 10e6);
        _wasRefused();
        eq(balanceOf(address(this)), 60e6);
        again = abi.encodeWithSignature("withdraw(address)", address(hostile));
        hostile.misbehave(HostileToken.Mode.Reenters, address(gateway), again);
        gateway.request("model", "prompt", 1, 3, 10e6, 0);
        _wasRefused();
    }

    function _everyWayInReverts(bytes memory error_) private {
        reverts(error_);
        settlement.deposit(address(this), 100e6);
        reverts(error_);
        settlement.bond(node.addr, 100e6);
        reverts(error_);
        settlement.fund(100e6);
        reverts(error_);
        gateway.request("model", "prompt", 1, 3, 100e6, 0);
        Key memory other = key("other");
        bytes memory consent = binding(other, address(this));
        reverts(error_);
        settlement.registerNode(other.addr, 100e6, consent);
    }

    function _wasRefused() private view {
        require(!hostile.reentered(), "it came in");
        require(
            bytes4(hostile.refusal()) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector,
            "refused for another reason"
        );
    }
}
