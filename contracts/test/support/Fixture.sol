// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AtomaSettlement} from "../../src/AtomaSettlement.sol";
import {DevelopmentToken} from "../../src/DevelopmentToken.sol";
import {Config} from "../../src/settlement/ParameterBounds.sol";
import {Verdict} from "../../src/settlement/SlashTypes.sol";
import {Deployer} from "./Deployer.sol";
import {VM} from "./Vm.sol";

struct Key {
    address addr;
    uint256 secret;
}

/// @notice A settlement with five verdict signers of which three decide, and the ways of its people.
abstract contract Fixture is Deployer {
    uint32 internal constant EXIT = 1 days;
    uint32 internal constant UNBOND = 10 days;
    uint32 internal constant APPEAL = 2 days;
    uint32 internal constant RULING = 3 days;
    uint32 internal constant CLAIM = 1 hours;
    uint32 internal constant CHANGE = 14 days;
    uint128 internal constant COLLATERAL_MIN = 100e6;
    uint8 internal constant THRESHOLD = 3;
    uint256 internal constant START = 1_800_000_000;

    address internal constant SETTLER = address(0x5E771E);
    address internal constant ADMIN = address(0xAD);
    address internal constant GUARDIAN = address(0x6A);
    address internal constant OWNER = address(0x0101);
    address internal constant STRANGER = address(0x5757);

    DevelopmentToken internal token;
    AtomaSettlement internal settlement;
    bytes32 internal domain; // of the settlement
    bytes32 internal commitments; // domain of what nodes sign in the protocol
    Key[] internal signers; // ascending

    function setUp() public virtual {
        VM.warp(START);
        token = deployToken();
        commitments = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId)"),
                keccak256("Atoma"),
                keccak256("1"),
                uint256(0)
            )
        );
        _makeSigners(5);
        settlement = deploySettlement(token, config());
        domain = settlement.domainSeparator();
    }

    function config() internal view returns (Config memory) {
        return Config({
            settler: SETTLER,
            admin: ADMIN,
            guardian: GUARDIAN,
            commitmentDomain: commitments,
            exitDelay: EXIT,
            unbondDelay: UNBOND,
            appealWindow: APPEAL,
            rulingWindow: RULING,
            claimDelay: CLAIM,
            parameterDelay: CHANGE,
            collateralMin: COLLATERAL_MIN,
            verdictSigners: signerAddresses(),
            verdictThreshold: THRESHOLD
        });
    }

    function key(string memory name) internal pure returns (Key memory) {
        uint256 secret = uint256(keccak256(bytes(name)));
        return Key(VM.addr(secret), secret);
    }

    function signerAddresses() internal view returns (address[] memory all) {
        all = new address[](signers.length);
        for (uint256 i; i < all.length; ++i) {
            all[i] = signers[i].addr;
        }
    }

    function give(address who, uint256 amount) internal {
        token.mint(who, amount);
        VM.prank(who);
        token.approve(address(settlement), type(uint256).max);
    }

    function register(Key memory node, address owner, uint128 collateral) internal {
        give(owner, collateral);
        bytes memory consent = binding(node, owner);
        VM.prank(owner);
        settlement.registerNode(node.addr, collateral, consent);
    }

    function depositOf(address user, uint128 amount) internal {
        give(user, amount);
        VM.prank(user);
        settlement.deposit(user, amount);
    }

    function redeem(bytes memory packed) internal {
        VM.prank(SETTLER);
        settlement.redeem(packed);
    }

    /// @dev Brings `amount` into the backing.
    function back(uint128 amount) internal {
        give(STRANGER, amount);
        VM.prank(STRANGER);
        settlement.fund(amount);
    }

    function post(uint64 epoch, bytes32 root, uint128 total) internal {
        VM.prank(SETTLER);
        settlement.postRoot(epoch, root, total, bytes32(uint256(epoch)));
    }

    function binding(Key memory node, address owner) internal view returns (bytes memory) {
        return sign(
            node,
            domain,
            keccak256(abi.encode(settlementType("NodeBinding(address node,address owner)"), node.addr, owner))
        );
    }

    function keyBinding(Key memory by, address node) internal view returns (bytes memory) {
        return
            sign(
                by, domain, keccak256(abi.encode(settlementType("ReceiptKey(address node,address key)"), node, by.addr))
            );
    }

    function voucher(Key memory user, uint128 spent, uint128 cumulative) internal view returns (bytes memory) {
        bytes32 hash =
            keccak256(abi.encode(settlementType("Voucher(address user,uint128 cumulative)"), user.addr, cumulative));
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(user.secret, digestOf(domain, hash));
        bytes32 vs = v == 28 ? s | bytes32(uint256(1) << 255) : s;
        return abi.encodePacked(user.addr, spent, cumulative, r, vs);
    }

    function commitment(Key memory by, address node, bytes32 request, bytes32 value)
        internal
        view
        returns (bytes memory)
    {
        bytes32 typeHash = keccak256("Commitment(bytes32 request,address node,bytes32 value)");
        return sign(by, commitments, keccak256(abi.encode(typeHash, request, node, value)));
    }

    function verdictOf(address node, uint128 amount, address victim) internal view returns (Verdict memory) {
        return Verdict({
            id: keccak256(abi.encode("verdict", node, amount, victim)),
            node: node,
            request: keccak256("request"),
            victim: victim,
            amount: amount,
            honest: 3,
            resolvers: 3,
            kind: 0,
            evidence: keccak256("evidence"),
            deadline: uint64(block.timestamp + 1 hours)
        });
    }

    function verdictHash(Verdict memory v) internal pure returns (bytes32) {
        bytes32 typeHash = settlementType(
            "Verdict(bytes32 id,address node,bytes32 request,address victim,uint128 amount,uint16 honest,uint16 resolvers,uint8 kind,bytes32 evidence,uint64 deadline)"
        );
        return keccak256(abi.encode(typeHash, v));
    }

    /// @dev The first `count` signers, in order.
    function quorum(bytes32 structHash, uint256 count) internal view returns (bytes memory all) {
        for (uint256 i; i < count; ++i) {
            all = bytes.concat(all, sign(signers[i], domain, structHash));
        }
    }

    function propose(Verdict memory v) internal returns (bytes32) {
        settlement.proposeSlash(v, quorum(verdictHash(v), THRESHOLD));
        return v.id;
    }

    function ruling(bytes32 id, bool uphold) internal view returns (bytes memory) {
        return quorum(keccak256(abi.encode(settlementType("Ruling(bytes32 id,bool uphold)"), id, uphold)), THRESHOLD);
    }

    function sign(Key memory by, bytes32 separator, bytes32 structHash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(by.secret, digestOf(separator, structHash));
        return abi.encodePacked(r, s, v);
    }

    /// @dev The other signature of the same key over the same digest: n - s and the other v.
    function malleated(bytes memory signature) internal pure returns (bytes memory) {
        bytes32 r;
        bytes32 s;
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
        }
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        return abi.encodePacked(r, bytes32(n - uint256(s)), signature[64] == 0x1b ? bytes1(0x1c) : bytes1(0x1b));
    }

    function digestOf(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function settlementType(string memory encoded) internal pure returns (bytes32) {
        return keccak256(bytes(encoded));
    }

    function balanceOf(address user) internal view returns (uint128 balance) {
        (balance,,,) = settlement.accountOf(user);
    }

    function collateralOf(address node) internal view returns (uint128 bonded, uint128 unbonding, uint128 frozen) {
        (,, bonded, unbonding, frozen,) = settlement.nodeOf(node);
    }

    function eq(uint256 actual, uint256 expected) internal pure {
        if (actual != expected) {
            revert(string.concat("got ", VM.toString(actual), ", expected ", VM.toString(expected)));
        }
    }

    function eq(address actual, address expected) internal pure {
        require(actual == expected, "another address");
    }

    function eq(bytes32 actual, bytes32 expected) internal pure {
        require(actual == expected, "another hash");
    }

    function reverts(bytes memory data) internal {
        VM.expectRevert(data);
    }

    function reverts(bytes4 selector) internal {
        VM.expectRevert(abi.encodePacked(selector));
    }

    function _makeSigners(uint256 count) private {
        for (uint256 i; i < count; ++i) {
            Key memory next = key(string.concat("signer", VM.toString(i)));
            signers.push(next);
            for (uint256 j = signers.length - 1; j > 0 && signers[j - 1].addr > signers[j].addr; --j) {
                Key memory lower = signers[j];
                signers[j] = signers[j - 1];
                signers[j - 1] = lower;
            }
        }
    }
}
