// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProposalVote} from "../../examples/ProposalVote.sol";
import {GatewayFixture} from "../support/GatewayFixture.sol";
import {VM} from "../support/Vm.sol";

contract ProposalVoteTest is GatewayFixture {
    event Closed(bytes32 indexed id, bool accepted);

    uint64 private constant PERIOD = 1 days;
    address private constant ANN = address(0xA1);
    address private constant BEN = address(0xB1);
    address private constant CAT = address(0xC1);

    ProposalVote private dao;

    function setUp() public override {
        super.setUp();
        address[] memory members = new address[](3);
        (members[0], members[1], members[2]) = (ANN, BEN, CAT);
        dao = deployVote(gateway, "model", members, PERIOD);
        token.mint(ANN, 100e6);
        VM.prank(ANN);
        token.approve(address(dao), type(uint256).max);
    }

    function test_Proposal_ThatIsOne_ComesToAVote() external {
        bytes32 id = _propose();
        answer(id, address(dao), "PROPOSAL", 6e6, 3);
        _stateIs(id, ProposalVote.State.Voting);
        _vote(ANN, id, true);
        _vote(BEN, id, true);
        _vote(CAT, id, false);
        reverts(ProposalVote.AlreadyVoted.selector);
        _vote(ANN, id, true);
        reverts(ProposalVote.StillOpen.selector);
        dao.close(id);
        VM.warp(block.timestamp + PERIOD);
        reverts(abi.encodeWithSelector(ProposalVote.WrongState.selector, ProposalVote.State.Voting));
        _vote(ANN, id, true);
        VM.expectEmit(true, false, false, true, address(dao));
        emit Closed(id, true);
        dao.close(id);
        _stateIs(id, ProposalVote.State.Accepted);
        dao.collect();
        eq(token.balanceOf(address(dao)), 4e6);
    }

    function test_Proposal_VotedDown() external {
        bytes32 id = _propose();
        answer(id, address(dao), "PROPOSAL", 6e6, 3);
        _vote(ANN, id, true);
        _vote(BEN, id, false);
        VM.warp(block.timestamp + PERIOD);
        dao.close(id);
        _stateIs(id, ProposalVote.State.Rejected);
    }

    function test_Spam_NeverComesToAVote() external {
        bytes32 id = _propose();
        answer(id, address(dao), "SPAM", 6e6, 3);
        _stateIs(id, ProposalVote.State.Spam);
        bytes memory wrong = abi.encodeWithSelector(ProposalVote.WrongState.selector, ProposalVote.State.Spam);
        reverts(wrong);
        _vote(ANN, id, true);
        reverts(wrong);
        dao.close(id);
        reverts(wrong);
        dao.openUnanswered(id);
    }

    function test_NoAnswer_OpensTheVoteAllTheSame() external {
        bytes32 id = _propose();
        reverts(ProposalVote.StillOpen.selector);
        dao.openUnanswered(id);
        VM.warp(block.timestamp + WINDOW + 1);
        gateway.refund(id);
        dao.openUnanswered(id);
        _stateIs(id, ProposalVote.State.Voting);
    }

    function test_Strangers_CanDoNothing() external {
        bytes32 id = _propose();
        reverts(ProposalVote.NotMember.selector);
        dao.propose("text", 1);
        reverts(ProposalVote.NotMember.selector);
        dao.vote(id, true);
        reverts(ProposalVote.NotGateway.selector);
        dao.onInferenceAnswer(id, keccak256("SPAM"), "SPAM", new address[](0));
        reverts(abi.encodeWithSelector(ProposalVote.WrongState.selector, ProposalVote.State.None));
        VM.prank(address(gateway));
        dao.onInferenceAnswer(0, keccak256("SPAM"), "SPAM", new address[](0));
    }

    function _propose() private returns (bytes32) {
        VM.prank(ANN);
        return dao.propose("Plant forty trees", 10e6);
    }

    function _vote(address who, bytes32 id, bool yes) private {
        VM.prank(who);
        dao.vote(id, yes);
    }

    function _stateIs(bytes32 id, ProposalVote.State expected) private view {
        (ProposalVote.State state,,,,) = dao.proposals(id);
        require(state == expected, "another state");
    }
}
