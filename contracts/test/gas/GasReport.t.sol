// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceConsumer} from "../../src/IInferenceConsumer.sol";
import {InferenceGateway} from "../../src/InferenceGateway.sol";
import {Payouts} from "../../src/settlement/Payouts.sol";
import {Verdict} from "../../src/settlement/SlashTypes.sol";
import {NetworkRequest} from "../../src/shared/NetworkRequest.sol";
import {Key} from "../support/Fixture.sol";
import {GatewayFixture} from "../support/GatewayFixture.sol";
import {Merkle} from "../support/Merkle.sol";
import {VM} from "../support/Vm.sol";

/// @notice The least that a contract does which asks: one question, one slot for the answer.
contract PlainConsumer is IInferenceConsumer {
    InferenceGateway private immutable _gateway;
    bytes32 public last;

    constructor(InferenceGateway gateway) {
        _gateway = gateway;
        gateway.token().approve(address(gateway), type(uint256).max);
    }

    function ask(bytes calldata prompt) external returns (bytes32) {
        return _gateway.request("atoma-demo", prompt, 16, 3, 1e6, 60_000);
    }

    function onInferenceAnswer(bytes32, bytes32 resultHash, bytes calldata, address[] calldata) external {
        require(msg.sender == address(_gateway));
        last = resultHash;
    }
}

/// @notice Gas of whole transactions (test.mjs --gas runs each call as one of its own), against the bounds of issue 6.
contract GasReport is GatewayFixture {
    event log(string line);

    uint256 private constant BIG_TREE = 1000;
    uint256 private constant PAYEES = 20;
    Key[] private users;
    Key[] private payees; // each with an owner of its own
    uint128 private cumulative; // of every payee

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < PAYEES; ++i) {
            payees.push(key(string.concat("payee", VM.toString(i))));
            register(payees[i], key(string.concat("owner", VM.toString(i))).addr, 100e6);
        }
        for (uint256 i; i < 200; ++i) {
            users.push(key(string.concat("payer", VM.toString(i))));
            depositOf(users[i].addr, 1_000e6);
        }
        back(1_000_000e6);
    }

    function test_Isolated_AnEmptyTransactionCosts21000() external {
        (bool ok,) = STRANGER.call("");
        require(ok && VM.lastCallGas().gasTotalUsed >= 21_000, "run this with test.mjs --gas");
    }

    function test_Money() external {
        Key memory node = key("node");
        give(OWNER, 300e6);
        bytes memory consent = binding(node, OWNER);
        VM.prank(OWNER);
        settlement.registerNode(node.addr, 100e6, consent);
        _line("registerNode");
        VM.prank(OWNER);
        settlement.bond(node.addr, 100e6);
        _line("bond");
        VM.prank(OWNER);
        settlement.requestUnbond(node.addr, 50e6);
        _line("requestUnbond");
        VM.warp(block.timestamp + UNBOND);
        settlement.withdrawCollateral(node.addr);
        _line("withdrawCollateral");
        give(STRANGER, 100e6);
        VM.prank(STRANGER);
        settlement.deposit(STRANGER, 50e6);
        _line("deposit, first of a user");
        VM.prank(STRANGER);
        settlement.deposit(STRANGER, 10e6);
        _line("deposit, later");
        VM.prank(STRANGER);
        settlement.requestExit(10e6);
        _line("requestExit");
        VM.warp(block.timestamp + EXIT);
        VM.prank(STRANGER);
        settlement.exit();
        _line("exit");
    }

    function test_Epoch() external {
        uint256[3] memory batches = [uint256(1), 20, 200];
        _redeem(200, 1e6); // the first of each user costs a fresh slot
        uint256[3] memory redeemGas;
        for (uint256 i; i < 3; ++i) {
            redeemGas[i] = _redeem(batches[i], uint128(2e6 + i * 1e6));
            _row(string.concat("redeem, ", VM.toString(batches[i]), " users"), redeemGas[i]);
        }

        _postOf(5, BIG_TREE);
        _line("postRoot, the first");
        uint256 postGas;
        for (uint256 i; i < 10; ++i) {
            postGas = _postOf(5, BIG_TREE);
        }
        _row("postRoot, steady", postGas);
        require(postGas <= 55_000, "postRoot");

        _claim(5, BIG_TREE, 0);
        _line("claim, first of a node, tree of 1,000");
        _postOf(5, BIG_TREE);
        uint256 claimGas = _claim(5, BIG_TREE, 0);
        _row("claim, steady, tree of 1,000", claimGas);
        require(claimGas <= 70_000, "claim");

        _postOf(20, 20);
        _claimMany(20, 20); // the first of each node costs a fresh slot
        _postOf(5, 5);
        uint256 claim5 = _claimMany(5, 5);
        _row("claimMany, 5 nodes, tree of 5", claim5);
        _postOf(20, 20);
        uint256 claim20 = _claimMany(20, 20);
        _row("claimMany, 20 nodes, tree of 20", claim20);
        _postOf(20, BIG_TREE);
        _row("claimMany, 20 nodes, tree of 1,000", _claimMany(20, BIG_TREE));

        uint256 small = (redeemGas[1] + postGas + claim5) / 1_000;
        uint256 large = (redeemGas[2] + postGas + claim20) / 100_000;
        _row("per request: 1,000 requests, 20 users, 5 nodes", small);
        _row("per request: 100,000 requests, 200 users, 20 nodes", large);
        require(small <= 600 && large <= 40, "per request");
        VM.prank(SETTLER);
        settlement.credit(users[0].addr, 1);
        _line("credit");
        VM.warp(block.timestamp + 8 * CLAIM);
        _postOf(20, 20);
        uint64 epoch = settlement.lastEpoch();
        VM.warp(block.timestamp - CLAIM);
        VM.prank(GUARDIAN);
        settlement.cancelRoot(epoch);
        _line("cancelRoot");
    }

    function test_Slashes() external {
        address node = nodes[0].addr;
        bytes32 request = NetworkRequest.idOf(users[0].addr, 0);
        bytes memory a = commitment(nodes[0], node, request, "a");
        bytes memory b = commitment(nodes[0], node, request, "b");
        bytes32 id = settlement.slashEquivocation(node, request, "a", a, "b", b);
        _line("slashEquivocation");
        settlement.bindVictim(id, users[0].addr, 0);
        _line("bindVictim");
        VM.warp(block.timestamp + APPEAL);
        settlement.execute(id);
        _line("execute");
        Verdict memory v = verdictOf(nodes[1].addr, 50e6, users[1].addr);
        bytes memory signatures = quorum(verdictHash(v), THRESHOLD);
        settlement.proposeSlash(v, signatures);
        _line("proposeSlash, 3 signatures");
        VM.prank(OWNER);
        settlement.appeal(v.id);
        _line("appeal");
        signatures = ruling(v.id, true);
        settlement.rule(v.id, true, signatures);
        _line("rule, upheld, 3 signatures");
    }

    function test_Gateway() external {
        PlainConsumer consumer = new PlainConsumer(gateway);
        token.mint(address(consumer), 1_000e6);
        bytes memory prompt = "Is this spam? Buy now!";
        _ask(consumer, prompt, "SPAM");
        (uint256 askGas, uint256 fulfilGas) = _ask(consumer, prompt, "HAM!");
        _row("gateway request by a contract, prompt of 22 bytes", askGas);
        _row("gateway fulfil with callback, 3 nodes, result of 4 bytes", fulfilGas);
        _row("gateway request and fulfil", askGas + fulfilGas);
        require(askGas + fulfilGas <= 250_000, "gateway");
        (uint256 askLong, uint256 fulfilLong) = _ask(consumer, _text(22 + 1024), _text(4 + 1024));
        _row("  more for each 1,024 bytes of prompt", askLong - askGas);
        _row("  more for each 1,024 bytes of result", fulfilLong - fulfilGas);
        bytes32 id = consumer.ask(prompt);
        VM.warp(block.timestamp + WINDOW + 1);
        gateway.refund(id);
        _line("gateway refund");
    }

    function test_Deployments() external {
        _deploy("AtomaSettlement", abi.encode(token, config()));
        _deploy("InferenceGateway", abi.encode(settlement, WINDOW));
        _deploy("DevelopmentToken", "");
    }

    /// @dev As a call that carries the code, which costs what a transaction that creates costs, to a few hundred gas.
    function create(bytes memory code) external returns (address made) {
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        require(made != address(0), "not created");
    }

    function _deploy(string memory name, bytes memory arguments) private {
        bytes memory code = bytes.concat(VM.getCode(string.concat("artifacts/", name, ".json")), arguments);
        this.create(code);
        _line(string.concat("deploy ", name));
    }

    function _redeem(uint256 count, uint128 spent) private returns (uint256) {
        bytes memory packed;
        for (uint256 i; i < count; ++i) {
            packed = bytes.concat(packed, voucher(users[i], spent, spent));
        }
        redeem(packed);
        return _used();
    }

    /// @dev A root in which the first `count` of a tree of `size` are nodes, each with one token more than before; its
    /// total would do for all twenty.
    function _postOf(uint256 count, uint256 size) private returns (uint256 used) {
        cumulative += 1e6;
        uint64 epoch = settlement.lastEpoch() + 1;
        bytes32 root = Merkle.root(_leaves(count, size));
        uint128 total = settlement.posted() + 20e6;
        post(epoch, root, total);
        used = _used();
        VM.warp(block.timestamp + CLAIM);
    }

    function _claim(uint256 count, uint256 size, uint256 index) private returns (uint256) {
        bytes32[] memory proof = Merkle.proof(_leaves(count, size), index);
        uint64 epoch = settlement.lastEpoch();
        settlement.claim(epoch, payees[index].addr, cumulative, proof);
        return _used();
    }

    function _claimMany(uint256 count, uint256 size) private returns (uint256) {
        bytes32[] memory leaves = _leaves(count, size);
        Payouts.Claim[] memory claims = new Payouts.Claim[](count);
        for (uint256 i; i < count; ++i) {
            claims[i] = Payouts.Claim(payees[i].addr, cumulative, Merkle.proof(leaves, i));
        }
        uint64 epoch = settlement.lastEpoch();
        settlement.claimMany(epoch, claims);
        return _used();
    }

    function _leaves(uint256 count, uint256 size) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i; i < size; ++i) {
            leaves[i] = i < count ? Merkle.leaf(payees[i].addr, cumulative) : keccak256(abi.encode(i));
        }
    }

    function _ask(PlainConsumer consumer, bytes memory prompt, bytes memory result)
        private
        returns (uint256 askGas, uint256 fulfilGas)
    {
        bytes32 id = consumer.ask(prompt);
        askGas = _used();
        answer(id, address(consumer), result, 6e5, 3);
        fulfilGas = _used();
        require(consumer.last() == keccak256(result), "the callback was not called");
    }

    function _text(uint256 length) private pure returns (bytes memory text) {
        text = new bytes(length);
        for (uint256 i; i < length; ++i) {
            text[i] = bytes1(uint8(97 + i % 26));
        }
    }

    function _used() private view returns (uint256) {
        return VM.lastCallGas().gasTotalUsed;
    }

    function _line(string memory what) private {
        _row(what, _used());
    }

    function _row(string memory what, uint256 gas) private {
        emit log(string.concat("| ", what, " | ", VM.toString(gas), " |"));
    }
}
