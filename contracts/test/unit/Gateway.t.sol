// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {InferenceGateway} from "../../src/InferenceGateway.sol";
import {NetworkRequest} from "../../src/shared/NetworkRequest.sol";
import {TokenVault} from "../../src/shared/TokenVault.sol";
import {Key} from "../support/Fixture.sol";
import {GatewayFixture} from "../support/GatewayFixture.sol";
import {HostileConsumer} from "../support/Hostile.sol";
import {VM} from "../support/Vm.sol";

contract GatewayTest is GatewayFixture {
    event InferenceRequested(
        bytes32 indexed id,
        address indexed caller,
        string model,
        bytes prompt,
        uint32 maxTokens,
        uint8 replicas,
        uint128 maxFee,
        uint32 callbackGas,
        uint64 deadline
    );
    event InferenceAnswered(bytes32 indexed id, bytes32 resultHash, uint128 fee);
    event CallbackFailed(bytes32 indexed id);

    HostileConsumer private consumer;

    function setUp() public override {
        super.setUp();
        consumer = new HostileConsumer(gateway);
        token.mint(address(consumer), 1000e6);
        token.mint(address(this), 1000e6);
        token.approve(address(gateway), type(uint256).max);
    }

    // --- asking

    function test_Request_EscrowsAndTells() external {
        bytes32 expected = keccak256(abi.encode(block.chainid, address(gateway), uint256(1)));
        VM.expectEmit(true, true, false, true, address(gateway));
        emit InferenceRequested(
            expected, address(this), "model", "prompt", 16, 3, 10e6, 100_000, uint64(START + WINDOW)
        );
        bytes32 id = gateway.request("model", "prompt", 16, 3, 10e6, 100_000);
        eq(id, expected);
        eq(token.balanceOf(address(gateway)), 10e6);
        InferenceGateway.Request memory r = gateway.requestOf(id);
        eq(r.caller, address(this));
        eq(r.maxFee, 10e6);
        eq(r.deadline, START + WINDOW);
        require(gateway.request("model", "prompt", 16, 3, 10e6, 100_000) != id, "an id came twice");
    }

    function test_Request_Refusals() external {
        bytes memory long = new bytes(129);
        reverts(abi.encodeWithSelector(InferenceGateway.SizeOutOfRange.selector, 129, 128));
        gateway.request(string(long), "prompt", 16, 3, 1, 0);
        reverts(abi.encodeWithSelector(InferenceGateway.SizeOutOfRange.selector, 0, 128));
        gateway.request("", "prompt", 16, 3, 1, 0);
        reverts(abi.encodeWithSelector(InferenceGateway.SizeOutOfRange.selector, 8193, 8192));
        gateway.request("model", new bytes(8193), 16, 3, 1, 0);
        reverts(abi.encodeWithSelector(InferenceGateway.TokensOutOfRange.selector, 0));
        gateway.request("model", "prompt", 0, 3, 1, 0);
        reverts(abi.encodeWithSelector(InferenceGateway.TokensOutOfRange.selector, 4097));
        gateway.request("model", "prompt", 4097, 3, 1, 0);
        for (uint8 replicas; replicas < 20; ++replicas) {
            if (replicas >= 3 && replicas <= 15) continue;
            reverts(abi.encodeWithSelector(InferenceGateway.ReplicasOutOfRange.selector, replicas));
            gateway.request("model", "prompt", 16, replicas, 1, 0);
        }
        reverts(TokenVault.ZeroAmount.selector);
        gateway.request("model", "prompt", 16, 3, 0, 0);
        reverts(abi.encodeWithSelector(InferenceGateway.CallbackGasOutOfRange.selector, 500_001));
        gateway.request("model", "prompt", 16, 3, 1, 500_001);
        VM.prank(GUARDIAN);
        settlement.pause();
        reverts(InferenceGateway.Paused.selector);
        gateway.request("model", "prompt", 16, 3, 1, 0);
    }

    // P4: what a contract gains from a wrong answer is unbounded, so fewer than three nodes need its word.
    function test_Request_BelowReplicated_NeedsOptIn() external {
        gateway.optInBelowReplicated(true);
        gateway.request("model", "prompt", 16, 1, 1, 0);
        reverts(abi.encodeWithSelector(InferenceGateway.ReplicasOutOfRange.selector, 2));
        gateway.request("model", "prompt", 16, 2, 1, 0);
        gateway.optInBelowReplicated(false);
        reverts(abi.encodeWithSelector(InferenceGateway.ReplicasOutOfRange.selector, 1));
        gateway.request("model", "prompt", 16, 1, 1, 0);
    }

    function test_Constructor_WindowOutOfRange_Reverts() external {
        for (uint256 i; i < 2; ++i) {
            uint32 window = i == 0 ? 59 : 1 days + 1;
            reverts(abi.encodeWithSelector(InferenceGateway.AnswerWindowOutOfRange.selector, window));
            this.deploy(window);
        }
    }

    // --- answering

    function test_Fulfil_PaysFundsAndCallsBack() external {
        bytes32 id = consumer.ask(3, 10e6, 100_000);
        bytes memory result = "forty-two";
        VM.expectEmit(true, false, false, true, address(gateway));
        emit InferenceAnswered(id, keccak256(result), 6e6);
        answer(id, address(consumer), result, 6e6, 3);
        eq(settlement.backing(), 6e6);
        eq(gateway.withdrawable(address(consumer)), 4e6);
        eq(consumer.answers(), 1);
        eq(consumer.lastHash(), keccak256(result));
        require(consumer.gasGiven() > 95_000, "less gas than was asked for");
        eq(token.balanceOf(address(gateway)), 4e6);
        consumer.withdraw(STRANGER);
        eq(token.balanceOf(STRANGER), 4e6);
        reverts(InferenceGateway.NothingToWithdraw.selector);
        consumer.withdraw(STRANGER);
    }

    function test_Fulfil_FreeOrWholeFee_AndNoCode() external {
        bytes32 id = gateway.request("model", "prompt", 16, 3, 10e6, 100_000);
        VM.prank(SETTLER);
        reverts(abi.encodeWithSelector(InferenceGateway.RequestUnknownOrOver.selector, bytes32(0)));
        gateway.fulfil(0, "", 0, new address[](0), "");
        answer(id, address(this), "", 0, 3);
        eq(gateway.withdrawable(address(this)), 10e6);

        VM.startPrank(STRANGER);
        token.approve(address(gateway), type(uint256).max);
        VM.stopPrank();
        token.mint(STRANGER, 10e6);
        VM.prank(STRANGER);
        id = gateway.request("model", "prompt", 16, 15, 10e6, 100_000);
        answer(id, STRANGER, "x", 10e6, 15);
        eq(gateway.withdrawable(STRANGER), 0);
        eq(settlement.backing(), 10e6);
    }

    function test_Fulfil_SingleNode_AfterOptIn() external {
        consumer.optIn();
        bytes32 id = consumer.ask(1, 10e6, 100_000);
        answer(id, address(consumer), "x", 1e6, 1);
        eq(consumer.answers(), 1);
    }

    function test_Fulfil_Refusals() external {
        bytes32 id = consumer.ask(3, 10e6, 100_000);
        address[] memory who = nodeAddresses(3);
        bytes memory good = answers(id, address(consumer), "x", 3);
        reverts(abi.encodeWithSelector(InferenceGateway.NotSettler.selector, address(this)));
        gateway.fulfil(id, "x", 1, who, good);
        _refused(
            id,
            new bytes(16385),
            1,
            who,
            good,
            abi.encodeWithSelector(InferenceGateway.SizeOutOfRange.selector, 16385, 16384)
        );
        _refused(
            id, "x", 10e6 + 1, who, good, abi.encodeWithSelector(InferenceGateway.FeeTooHigh.selector, 10e6 + 1, 10e6)
        );
        _refused(
            id, "x", 1, nodeAddresses(2), good, abi.encodeWithSelector(InferenceGateway.NodesMismatch.selector, 2, 3)
        );
        _refused(
            id, "x", 1, nodeAddresses(4), good, abi.encodeWithSelector(InferenceGateway.NodesMismatch.selector, 4, 3)
        );
        _refused(
            id,
            "x",
            1,
            who,
            bytes.concat(good, hex"00"),
            abi.encodeWithSelector(InferenceGateway.SignaturesMalformed.selector, 196, 195)
        );
        _refused(id, "y", 1, who, good, abi.encodeWithSelector(InferenceGateway.AnswerNotSigned.selector, who[0]));
        bytes memory another = answers(id, STRANGER, "x", 3); // the caller is under the signatures
        _refused(id, "x", 1, who, another, abi.encodeWithSelector(InferenceGateway.AnswerNotSigned.selector, who[0]));
        who[1] = who[0];
        _refused(id, "x", 1, who, good, abi.encodeWithSelector(InferenceGateway.NodesNotAscending.selector, who[0]));
        who[1] = STRANGER;
        _refused(id, "x", 1, _sorted(who), good, "");
        VM.warp(START + WINDOW + 1);
        _refused(
            id,
            "x",
            1,
            nodeAddresses(3),
            good,
            abi.encodeWithSelector(InferenceGateway.AnswerTooLate.selector, START + WINDOW)
        );
        eq(consumer.answers(), 0);
    }

    function test_Fulfil_UnregisteredNode_CannotPassWithAnEmptySignature() external {
        bytes32 id = consumer.ask(3, 10e6, 100_000);
        address[] memory who = new address[](3);
        (who[0], who[1], who[2]) = (address(1), address(2), address(3));
        _refused(
            id,
            "x",
            1,
            who,
            new bytes(195),
            abi.encodeWithSelector(InferenceGateway.AnswerNotSigned.selector, address(1))
        );
    }

    function test_Fulfil_OnlyTheCurrentReceiptKeySigns() external {
        bytes32 id = consumer.ask(3, 10e6, 100_000);
        Key memory second = key("second");
        bytes memory consent = keyBinding(second, nodes[0].addr);
        VM.prank(OWNER);
        settlement.rotateReceiptKey(nodes[0].addr, second.addr, consent);
        _refused(
            id,
            "x",
            1,
            nodeAddresses(3),
            answers(id, address(consumer), "x", 3),
            abi.encodeWithSelector(InferenceGateway.AnswerNotSigned.selector, nodes[0].addr)
        );
    }

    function test_Fulfil_Twice_Refused() external {
        bytes32 id = consumer.ask(3, 10e6, 100_000);
        answer(id, address(consumer), "x", 1, 3);
        bytes memory signatures = answers(id, address(consumer), "x", 3);
        _refused(
            id,
            "x",
            1,
            nodeAddresses(3),
            signatures,
            abi.encodeWithSelector(InferenceGateway.RequestUnknownOrOver.selector, id)
        );
    }

    // --- hostile callbacks

    function test_Callback_ThatFails_ChangesNothing() external {
        HostileConsumer.Mode[3] memory modes =
            [HostileConsumer.Mode.Reverts, HostileConsumer.Mode.RevertsBig, HostileConsumer.Mode.BurnsGas];
        for (uint256 i; i < modes.length; ++i) {
            consumer.misbehave(modes[i], "");
            bytes32 id = consumer.ask(3, 10e6, 100_000);
            VM.expectEmit(true, false, false, false, address(gateway));
            emit CallbackFailed(id);
            answer(id, address(consumer), "x", 4e6, 3);
            eq(settlement.backing(), 4e6 * (i + 1));
            eq(gateway.withdrawable(address(consumer)), 6e6 * (i + 1));
        }
        eq(consumer.answers(), 0);
    }

    /// @dev What does fit into the callee's gas is not copied by the gateway; a megabyte does not fit.
    function test_Callback_ThatReturnsABomb_CostsOnlyItself() external {
        _gasOf(consumer.ask(3, 10e6, 100_000)); // warms every slot
        uint256 plain = _gasOf(consumer.ask(3, 10e6, 100_000));
        consumer.misbehave(HostileConsumer.Mode.ReturnsBig, "");
        uint256 bomb = _gasOf(consumer.ask(3, 10e6, 100_000));
        // 150,000 bytes of memory cost the callee 57,000 gas; copied they would cost the gateway as much again.
        require(bomb < plain + 80_000, "the returned bytes were copied");

        consumer.misbehave(HostileConsumer.Mode.ReturnsMegabyte, "");
        bytes32 id = consumer.ask(3, 10e6, 500_000);
        VM.expectEmit(true, false, false, false, address(gateway));
        emit CallbackFailed(id);
        answer(id, address(consumer), "x", 1, 3);
    }

    function test_Callback_ThatReenters_IsRefused() external {
        bytes32 other = consumer.ask(3, 10e6, 100_000);
        bytes[5] memory calls = [
            abi.encodeWithSelector(gateway.request.selector, "model", bytes("prompt"), 16, 3, 1, 0),
            abi.encodeWithSelector(gateway.withdraw.selector, address(consumer)),
            abi.encodeWithSelector(gateway.refund.selector, other),
            abi.encodeWithSelector(gateway.decline.selector, other, ""),
            abi.encodeWithSelector(gateway.fulfil.selector, other, bytes(""), 0, new address[](0), bytes(""))
        ];
        for (uint256 i; i < calls.length; ++i) {
            consumer.misbehave(HostileConsumer.Mode.Reenters, calls[i]);
            bytes32 id = consumer.ask(3, 10e6, 300_000);
            answer(id, address(consumer), "x", 4e6, 3);
            eq(consumer.answers(), i + 1);
            require(
                bytes4(consumer.refusal()) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector,
                "refused for another reason"
            );
        }
    }

    function test_Fulfil_TooLittleGasForTheCallback_Reverts() external {
        bytes32 id = consumer.ask(3, 10e6, 400_000);
        bytes memory signatures = answers(id, address(consumer), "x", 3);
        address[] memory who = nodeAddresses(3);
        VM.expectPartialRevert(InferenceGateway.GasInsufficient.selector);
        VM.prank(SETTLER);
        gateway.fulfil{gas: 420_000}(id, "x", 1, who, signatures);
        answer(id, address(consumer), "x", 1, 3);
        require(consumer.gasGiven() > 395_000, "less gas than was asked for");
    }

    // --- refunds

    function test_Refund_AfterTheDeadlineOnly() external {
        bytes32 id = consumer.ask(3, 10e6, 0);
        VM.warp(START + WINDOW);
        reverts(abi.encodeWithSelector(InferenceGateway.RefundTooEarly.selector, START + WINDOW));
        gateway.refund(id);
        VM.warp(START + WINDOW + 1);
        gateway.refund(id);
        eq(gateway.withdrawable(address(consumer)), 10e6);
        reverts(abi.encodeWithSelector(InferenceGateway.RequestUnknownOrOver.selector, id));
        gateway.refund(id);
        VM.prank(GUARDIAN);
        settlement.pause(); // traps nothing
        consumer.withdraw(address(consumer));
        eq(token.balanceOf(address(gateway)), 0);
    }

    function test_Decline_GivesBackAtOnce() external {
        bytes32 id = consumer.ask(3, 10e6, 0);
        reverts(abi.encodeWithSelector(InferenceGateway.NotSettler.selector, address(this)));
        gateway.decline(id, "no such model");
        VM.startPrank(SETTLER);
        reverts(abi.encodeWithSelector(InferenceGateway.SizeOutOfRange.selector, 257, 256));
        gateway.decline(id, string(new bytes(257)));
        gateway.decline(id, "no such model");
        reverts(abi.encodeWithSelector(InferenceGateway.RequestUnknownOrOver.selector, id));
        gateway.decline(id, "again");
        eq(gateway.withdrawable(address(consumer)), 10e6);
    }

    function test_Withdraw_ToNobody_Refused() external {
        reverts(TokenVault.ZeroAddress.selector);
        gateway.withdraw(address(0));
    }

    function deploy(uint32 window) external {
        deployGateway(settlement, window);
    }

    function _gasOf(bytes32 id) private returns (uint256) {
        bytes memory signatures = answers(id, address(consumer), "x", 3);
        address[] memory who = nodeAddresses(3);
        VM.prank(SETTLER);
        uint256 before = gasleft();
        gateway.fulfil(id, "x", 1, who, signatures);
        return before - gasleft();
    }

    function _refused(
        bytes32 id,
        bytes memory result,
        uint128 fee,
        address[] memory who,
        bytes memory signatures,
        bytes memory error_
    ) private {
        if (error_.length == 0) {
            VM.expectPartialRevert(InferenceGateway.AnswerNotSigned.selector);
        } else {
            reverts(error_);
        }
        VM.prank(SETTLER);
        gateway.fulfil(id, result, fee, who, signatures);
    }

    function _sorted(address[] memory a) private pure returns (address[] memory) {
        for (uint256 i = 1; i < a.length; ++i) {
            for (uint256 j = i; j > 0 && a[j - 1] > a[j]; --j) {
                (a[j - 1], a[j]) = (a[j], a[j - 1]);
            }
        }
        return a;
    }
}
