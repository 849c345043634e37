// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../src/settlement/CollateralVault.sol";
import {NodeRegistry} from "../../src/settlement/NodeRegistry.sol";
import {Slash, SlashKind, SlashState, Verdict} from "../../src/settlement/SlashTypes.sol";
import {Slashing} from "../../src/settlement/Slashing.sol";
import {NetworkRequest} from "../../src/shared/NetworkRequest.sol";
import {Fixture, Key} from "../support/Fixture.sol";
import {VM} from "../support/Vm.sol";

contract SlashingTest is Fixture {
    event SlashOpened(
        bytes32 indexed id, address indexed node, uint8 kind, uint128 amount, address victim, uint64 executeAt
    );
    event SlashExecuted(bytes32 indexed id, address indexed node, uint128 amount, uint128 toVictim, uint128 burned);

    address private constant DEAD = 0x000000000000000000000000000000000000dEaD;
    address private constant VICTIM = address(0x71C7);
    bytes32 private constant NONCE = keccak256("nonce");
    bytes32 private constant A = keccak256("a");
    bytes32 private constant B = keccak256("b");

    Key private node;
    bytes32 private request;

    function setUp() public override {
        super.setUp();
        node = key("node");
        register(node, OWNER, 100e6);
        request = NetworkRequest.idOf(VICTIM, NONCE);
    }

    // --- equivocation

    function test_SlashEquivocation_TakesAll_SplitsAsWritten() external {
        bytes32 id = settlement.equivocationId(node.addr, request);
        bytes memory a = commitment(node, node.addr, request, A);
        bytes memory b = commitment(node, node.addr, request, B);
        VM.expectEmit(true, true, false, true, address(settlement));
        emit SlashOpened(id, node.addr, 2, 100e6, address(0), uint64(START + APPEAL));
        eq(settlement.slashEquivocation(node.addr, request, A, a, B, b), id);
        settlement.bindVictim(id, VICTIM, NONCE);
        VM.warp(START + APPEAL - 1);
        reverts(abi.encodeWithSelector(Slashing.ExecuteTooEarly.selector, START + APPEAL));
        settlement.execute(id);
        VM.warp(START + APPEAL);
        VM.expectEmit(true, true, false, true, address(settlement));
        emit SlashExecuted(id, node.addr, 100e6, 25e6, 10e6);
        VM.prank(STRANGER);
        settlement.execute(id);
        eq(balanceOf(VICTIM), 25e6);
        eq(token.balanceOf(DEAD), 10e6);
        eq(settlement.backing(), 65e6);
        _collateralIs(0, 0, 0);
        eq(token.balanceOf(STRANGER), 0); // who reports gets nothing
    }

    // A fault of the prototype: what was already unbonding escaped.
    function test_SlashEquivocation_ReachesUnbondingCollateral() external {
        VM.prank(OWNER);
        settlement.requestUnbond(node.addr, 90e6);
        VM.warp(START + UNBOND);
        bytes32 id = _equivocate();
        reverts(CollateralVault.NothingToWithdraw.selector);
        settlement.withdrawCollateral(node.addr);
        VM.warp(block.timestamp + APPEAL);
        settlement.execute(id);
        _collateralIs(0, 0, 0);
        eq(settlement.backing(), 90e6); // 100 less what is burned
    }

    function test_SlashEquivocation_ByAnyKeyEverBound() external {
        Key memory second = key("second");
        bytes memory consent = keyBinding(second, node.addr);
        VM.prank(OWNER);
        settlement.rotateReceiptKey(node.addr, second.addr, consent);
        bytes memory a = commitment(node, node.addr, request, A);
        bytes memory b = commitment(second, node.addr, request, B);
        settlement.slashEquivocation(node.addr, request, A, a, B, b);
        _collateralIs(100e6, 0, 100e6);
    }

    function test_SlashEquivocation_Refusals() external {
        bytes memory a = commitment(node, node.addr, request, A);
        bytes memory b = commitment(node, node.addr, request, B);
        reverts(abi.encodeWithSelector(NodeRegistry.NodeUnknown.selector, STRANGER));
        settlement.slashEquivocation(STRANGER, request, A, a, B, b);
        reverts(Slashing.NotEquivocation.selector);
        settlement.slashEquivocation(node.addr, request, A, a, A, a);
        Key memory other = key("other");
        reverts(abi.encodeWithSelector(Slashing.CommitmentNotOfNode.selector, node.addr, other.addr));
        settlement.slashEquivocation(node.addr, request, A, a, B, commitment(other, node.addr, request, B));
        reverts(abi.encodeWithSelector(Slashing.CommitmentNotOfNode.selector, node.addr, address(0)));
        settlement.slashEquivocation(node.addr, request, A, malleated(a), B, b);
        VM.expectPartialRevert(Slashing.CommitmentNotOfNode.selector);
        settlement.slashEquivocation(node.addr, keccak256("another request"), A, a, B, b);
    }

    function test_SlashEquivocation_OncePerNodeAndRequest() external {
        bytes32 id = _equivocate();
        bytes memory a = commitment(node, node.addr, request, A);
        bytes memory b = commitment(node, node.addr, request, B);
        reverts(abi.encodeWithSelector(Slashing.SlashIdTaken.selector, id));
        settlement.slashEquivocation(node.addr, request, A, a, B, b);

        bytes32 other = keccak256("another request");
        a = commitment(node, node.addr, other, A);
        b = commitment(node, node.addr, other, B);
        reverts(abi.encodeWithSelector(Slashing.NothingToSlash.selector, node.addr));
        settlement.slashEquivocation(node.addr, other, A, a, B, b);
        VM.warp(START + APPEAL);
        settlement.execute(id);
        reverts(abi.encodeWithSelector(Slashing.SlashUnknownOrOver.selector, id, SlashState.Executed));
        settlement.execute(id);
    }

    function test_SlashEquivocation_CannotBeAppealedOrRuledAway() external {
        bytes32 id = _equivocate();
        reverts(abi.encodeWithSelector(Slashing.NotAppealable.selector, id));
        VM.prank(OWNER);
        settlement.appeal(id);
        bytes memory no = ruling(id, false);
        reverts(abi.encodeWithSelector(Slashing.NotAppealable.selector, id));
        settlement.rule(id, false, no);
    }

    // A quorum of signers cannot occupy the id of an equivocation before the evidence comes.
    function test_ProposeSlash_IdOfAnEquivocation_Refused() external {
        Verdict memory v = verdictOf(node.addr, 1, address(0));
        v.id = settlement.equivocationId(node.addr, request);
        bytes memory signatures = quorum(verdictHash(v), THRESHOLD);
        reverts(abi.encodeWithSelector(Slashing.SlashIdReserved.selector, v.id));
        settlement.proposeSlash(v, signatures);
    }

    // --- the victim of an equivocation

    // A fault of the prototype: whoever reported named the victim.
    function test_BindVictim_OnlyWhoIsInTheRequestId() external {
        bytes32 id = _equivocate();
        reverts(abi.encodeWithSelector(Slashing.VictimUnproven.selector, STRANGER));
        settlement.bindVictim(id, STRANGER, NONCE);
        reverts(abi.encodeWithSelector(Slashing.VictimUnproven.selector, VICTIM));
        settlement.bindVictim(id, VICTIM, keccak256("another nonce"));
        settlement.bindVictim(id, VICTIM, NONCE);
        eq(settlement.slashOf(id).victim, VICTIM);
        reverts(abi.encodeWithSelector(Slashing.VictimNotOpen.selector, id));
        settlement.bindVictim(id, VICTIM, NONCE);
    }

    function test_BindVictim_Refusals() external {
        reverts(abi.encodeWithSelector(Slashing.VictimNotOpen.selector, bytes32(uint256(1))));
        settlement.bindVictim(bytes32(uint256(1)), VICTIM, NONCE);
        Verdict memory v = verdictOf(node.addr, 10e6, address(0));
        v.request = request;
        bytes32 id = propose(v);
        reverts(abi.encodeWithSelector(Slashing.VictimNotOpen.selector, id)); // a verdict signs its victim
        settlement.bindVictim(id, VICTIM, NONCE);
        id = _equivocate();
        VM.warp(START + APPEAL);
        settlement.execute(id);
        reverts(abi.encodeWithSelector(Slashing.VictimNotOpen.selector, id));
        settlement.bindVictim(id, VICTIM, NONCE);
    }

    function test_BindVictim_ZeroAddress_Refused() external {
        request = NetworkRequest.idOf(address(0), NONCE);
        bytes32 id = _equivocate();
        reverts(abi.encodeWithSelector(Slashing.VictimUnproven.selector, address(0)));
        settlement.bindVictim(id, address(0), NONCE);
    }

    // --- verdicts

    function test_ProposeSlash_Malice_FreezesThenSplits() external {
        bytes32 id = propose(verdictOf(node.addr, 40e6 + 3, VICTIM));
        _collateralIs(100e6, 0, 40e6 + 3);
        Slash memory slash = settlement.slashOf(id);
        eq(slash.node, node.addr);
        eq(slash.amount, 40e6 + 3);
        eq(slash.victim, VICTIM);
        eq(slash.executeAt, START + APPEAL);
        require(slash.state == SlashState.Open && slash.kind == SlashKind.Malice, "another state");
        VM.warp(START + APPEAL);
        VM.prank(GUARDIAN);
        settlement.pause(); // stops no slash
        settlement.execute(id);
        eq(balanceOf(VICTIM), 10e6); // floored
        eq(token.balanceOf(DEAD), 4e6);
        eq(settlement.backing(), 26e6 + 3); // every remainder
        _collateralIs(60e6 - 3, 0, 0);
    }

    function test_ProposeSlash_WithoutVictim_ItsShareGoesToTheRest() external {
        bytes32 id = propose(verdictOf(node.addr, 40e6, address(0)));
        VM.warp(START + APPEAL);
        settlement.execute(id);
        eq(settlement.backing(), 36e6);
        eq(token.balanceOf(DEAD), 4e6);
    }

    function test_ProposeSlash_Silence_AllToTheVictim() external {
        Verdict memory v = verdictOf(node.addr, 1e6, VICTIM);
        v.kind = 1;
        bytes32 id = propose(v);
        VM.warp(START + APPEAL);
        settlement.execute(id);
        eq(balanceOf(VICTIM), 1e6);
        eq(settlement.backing(), 0);
        eq(token.balanceOf(DEAD), 0);

        v = verdictOf(node.addr, 2e6, address(0));
        v.kind = 1;
        id = propose(v);
        VM.warp(block.timestamp + APPEAL);
        settlement.execute(id);
        eq(settlement.backing(), 2e6);
        eq(token.balanceOf(DEAD), 0);
    }

    function test_ProposeSlash_TooSmallToSplit_NothingIsLost() external {
        bytes32 id = propose(verdictOf(node.addr, 3, VICTIM));
        VM.warp(START + APPEAL);
        settlement.execute(id);
        eq(balanceOf(VICTIM), 0);
        eq(settlement.backing(), 3);
    }

    function test_ProposeSlash_MoreThanThereIs_TakesWhatIsFree() external {
        propose(verdictOf(node.addr, 70e6, VICTIM));
        bytes32 id = propose(verdictOf(node.addr, 71e6, VICTIM));
        eq(settlement.slashOf(id).amount, 30e6);
        _collateralIs(100e6, 0, 100e6);
        Verdict memory v = verdictOf(node.addr, 72e6, VICTIM);
        bytes memory signatures = quorum(verdictHash(v), THRESHOLD);
        reverts(abi.encodeWithSelector(Slashing.NothingToSlash.selector, node.addr));
        settlement.proposeSlash(v, signatures);
    }

    function test_ProposeSlash_IdIsUsedOnce_EvenAfterItsReturn() external {
        Verdict memory v = verdictOf(node.addr, 10e6, VICTIM);
        bytes memory signatures = quorum(verdictHash(v), THRESHOLD);
        settlement.proposeSlash(v, signatures);
        reverts(abi.encodeWithSelector(Slashing.SlashIdTaken.selector, v.id));
        settlement.proposeSlash(v, signatures);
        settlement.rule(v.id, false, ruling(v.id, false));
        reverts(abi.encodeWithSelector(Slashing.SlashIdTaken.selector, v.id));
        settlement.proposeSlash(v, signatures);
    }

    function test_ProposeSlash_Refusals() external {
        Verdict memory v = verdictOf(node.addr, 10e6, VICTIM);
        bytes32 hash = verdictHash(v);
        _refused(v, quorum(hash, 2), abi.encodeWithSelector(Slashing.SignaturesMalformed.selector, 130, 195));
        _refused(v, quorum(hash, 4), abi.encodeWithSelector(Slashing.SignaturesMalformed.selector, 260, 195));

        bytes memory s0 = sign(signers[0], domain, hash);
        bytes memory s1 = sign(signers[1], domain, hash);
        bytes memory s2 = sign(signers[2], domain, hash);
        bytes memory notSigner0 = abi.encodeWithSelector(Slashing.NotVerdictSigner.selector, signers[0].addr);
        _refused(v, bytes.concat(s0, s0, s1), notSigner0); // twice
        _refused(v, bytes.concat(s1, s0, s2), notSigner0); // out of order
        bytes memory notZero = abi.encodeWithSelector(Slashing.NotVerdictSigner.selector, address(0));
        _refused(v, bytes.concat(malleated(s0), s1, s2), notZero);
        _refused(v, new bytes(195), notZero);
        VM.expectPartialRevert(Slashing.NotVerdictSigner.selector);
        settlement.proposeSlash(v, bytes.concat(s0, s1, sign(key("nobody"), domain, hash)));

        // The victim and every other field are under the signatures.
        v.victim = STRANGER;
        VM.expectPartialRevert(Slashing.NotVerdictSigner.selector);
        settlement.proposeSlash(v, bytes.concat(s0, s1, s2));

        v = verdictOf(node.addr, 10e6, VICTIM);
        v.kind = 2;
        _refused(v, quorum(verdictHash(v), 3), abi.encodeWithSelector(Slashing.SlashKindInvalid.selector, 2));
        v = verdictOf(STRANGER, 10e6, VICTIM);
        _refused(v, quorum(verdictHash(v), 3), abi.encodeWithSelector(NodeRegistry.NodeUnknown.selector, STRANGER));
        v = verdictOf(node.addr, 0, VICTIM);
        _refused(v, quorum(verdictHash(v), 3), abi.encodeWithSelector(Slashing.NothingToSlash.selector, node.addr));
        v = verdictOf(node.addr, 10e6, VICTIM);
        v.deadline = uint64(block.timestamp - 1);
        _refused(v, quorum(verdictHash(v), 3), abi.encodeWithSelector(Slashing.VerdictExpired.selector, v.deadline));
    }

    // --- appeals and rulings

    function test_Appeal_Upheld_ExecutesAtOnce() external {
        bytes32 id = propose(verdictOf(node.addr, 40e6, VICTIM));
        VM.prank(OWNER);
        settlement.appeal(id);
        eq(settlement.slashOf(id).rulingAt, START + RULING);
        reverts(abi.encodeWithSelector(Slashing.SlashUnknownOrOver.selector, id, SlashState.Appealed));
        settlement.execute(id);
        settlement.rule(id, true, ruling(id, true));
        eq(balanceOf(VICTIM), 10e6);
        _collateralIs(60e6, 0, 0);
        bytes memory no = ruling(id, false);
        reverts(abi.encodeWithSelector(Slashing.SlashUnknownOrOver.selector, id, SlashState.Executed));
        settlement.rule(id, false, no);
    }

    function test_Appeal_NotUpheld_Returns() external {
        bytes32 id = propose(verdictOf(node.addr, 40e6, VICTIM));
        VM.prank(OWNER);
        settlement.appeal(id);
        settlement.rule(id, false, ruling(id, false));
        _collateralIs(100e6, 0, 0);
        eq(balanceOf(VICTIM), 0);
        require(settlement.slashOf(id).state == SlashState.Returned, "another state");
    }

    function test_Appeal_WithoutRuling_Lapses() external {
        bytes32 id = propose(verdictOf(node.addr, 40e6, VICTIM));
        reverts(abi.encodeWithSelector(Slashing.SlashUnknownOrOver.selector, id, SlashState.Open));
        settlement.lapse(id);
        VM.prank(OWNER);
        settlement.appeal(id);
        VM.warp(START + RULING - 1);
        reverts(abi.encodeWithSelector(Slashing.LapseTooEarly.selector, START + RULING));
        settlement.lapse(id);
        VM.warp(START + RULING);
        bytes memory yes = ruling(id, true);
        reverts(abi.encodeWithSelector(Slashing.RulingTooLate.selector, START + RULING));
        settlement.rule(id, true, yes);
        settlement.lapse(id);
        _collateralIs(100e6, 0, 0);
    }

    function test_Appeal_Refusals() external {
        bytes32 id = propose(verdictOf(node.addr, 40e6, VICTIM));
        reverts(abi.encodeWithSelector(NodeRegistry.NotOwner.selector, node.addr, STRANGER));
        VM.prank(STRANGER);
        settlement.appeal(id);
        VM.startPrank(OWNER);
        settlement.appeal(id);
        reverts(abi.encodeWithSelector(Slashing.SlashUnknownOrOver.selector, id, SlashState.Appealed));
        settlement.appeal(id); // once
        VM.stopPrank();
        id = propose(verdictOf(node.addr, 41e6, VICTIM));
        VM.warp(START + APPEAL);
        reverts(abi.encodeWithSelector(Slashing.AppealTooLate.selector, START + APPEAL));
        VM.prank(OWNER);
        settlement.appeal(id);
        reverts(abi.encodeWithSelector(Slashing.SlashUnknownOrOver.selector, bytes32(0), SlashState.None));
        settlement.appeal(0);
    }

    function test_Rule_UpheldWithoutAppeal_WaitsForTheWindow() external {
        bytes32 id = propose(verdictOf(node.addr, 40e6, VICTIM));
        bytes memory yes = ruling(id, true);
        reverts(abi.encodeWithSelector(Slashing.ExecuteTooEarly.selector, START + APPEAL));
        settlement.rule(id, true, yes);
        VM.warp(START + APPEAL);
        settlement.rule(id, true, yes);
        _collateralIs(60e6, 0, 0);
    }

    function test_Rule_SignedForTheOtherOutcome_Refused() external {
        bytes32 id = propose(verdictOf(node.addr, 40e6, VICTIM));
        bytes memory no = ruling(id, false);
        VM.warp(START + APPEAL);
        VM.expectPartialRevert(Slashing.NotVerdictSigner.selector);
        settlement.rule(id, true, no);
        reverts(abi.encodeWithSelector(Slashing.SlashUnknownOrOver.selector, bytes32(0), SlashState.None));
        settlement.rule(0, true, no);
    }

    function _equivocate() private returns (bytes32) {
        bytes memory a = commitment(node, node.addr, request, A);
        bytes memory b = commitment(node, node.addr, request, B);
        return settlement.slashEquivocation(node.addr, request, A, a, B, b);
    }

    function _refused(Verdict memory v, bytes memory signatures, bytes memory error_) private {
        reverts(error_);
        settlement.proposeSlash(v, signatures);
    }

    function _collateralIs(uint128 bonded, uint128 unbonding, uint128 frozen) private view {
        (uint128 b, uint128 u, uint128 f) = collateralOf(node.addr);
        eq(b, bonded);
        eq(u, unbonding);
        eq(f, frozen);
    }
}
