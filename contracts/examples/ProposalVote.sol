// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IInferenceConsumer} from "../src/IInferenceConsumer.sol";
import {InferenceGateway} from "../src/InferenceGateway.sol";

/// @title Example: a DAO that has its proposals classified
/// @notice Members propose texts. The network is asked whether a text is a proposal or spam; spam never comes to a vote.
/// The network is a filter, not a judge: without an answer the vote opens all the same.
contract ProposalVote is IInferenceConsumer {
    using SafeERC20 for IERC20;

    enum State {
        None,
        Asked,
        Voting,
        Spam,
        Accepted,
        Rejected
    }

    struct Proposal {
        State state;
        uint64 votingEndsAt;
        uint32 yes;
        uint32 no;
        bytes32 textHash;
    }

    uint32 public constant CALLBACK_GAS = 100_000;
    uint32 public constant ANSWER_TOKENS = 4;
    uint8 public constant REPLICAS = 3;
    bytes32 private constant SPAM = keccak256("SPAM");

    InferenceGateway public immutable gateway;
    uint64 public immutable votingPeriod; // seconds
    string public model;
    mapping(address account => bool) public isMember;
    mapping(bytes32 id => Proposal) public proposals;
    mapping(bytes32 id => mapping(address member => bool)) public hasVoted;

    event Proposed(bytes32 indexed id, address indexed author, string text);
    event Classified(bytes32 indexed id, bool spam);
    event Voted(bytes32 indexed id, address indexed member, bool yes);
    event Closed(bytes32 indexed id, bool accepted);

    error NotMember();
    error NotGateway();
    error WrongState(State state);
    error StillOpen();
    error AlreadyVoted();

    modifier onlyMember() {
        if (!isMember[msg.sender]) revert NotMember();
        _;
    }

    constructor(InferenceGateway gateway_, string memory model_, address[] memory members, uint64 votingPeriod_) {
        gateway = gateway_;
        model = model_;
        votingPeriod = votingPeriod_;
        for (uint256 i; i < members.length; ++i) {
            isMember[members[i]] = true;
        }
        gateway_.token().forceApprove(address(gateway_), type(uint256).max);
    }

    /// @notice Puts a text up. The author pays for its classification, at most `maxFee` tokens.
    /// @return id Of the proposal, which is the id of the request.
    function propose(string calldata text, uint128 maxFee) external onlyMember returns (bytes32 id) {
        gateway.token().safeTransferFrom(msg.sender, address(this), maxFee);
        bytes memory prompt = abi.encodePacked(
            "Is the following a proposal that a DAO can vote on, or spam? Answer with one word, PROPOSAL or SPAM.\n\n",
            text
        );
        id = gateway.request(model, prompt, ANSWER_TOKENS, REPLICAS, maxFee, CALLBACK_GAS);
        proposals[id].state = State.Asked;
        proposals[id].textHash = keccak256(bytes(text));
        emit Proposed(id, msg.sender, text);
    }

    /// @inheritdoc IInferenceConsumer
    function onInferenceAnswer(bytes32 id, bytes32 resultHash, bytes calldata, address[] calldata) external {
        if (msg.sender != address(gateway)) revert NotGateway();
        if (proposals[id].state != State.Asked) revert WrongState(proposals[id].state);
        bool spam = resultHash == SPAM;
        emit Classified(id, spam);
        if (spam) proposals[id].state = State.Spam;
        else _openVote(id);
    }

    /// @notice Opens the vote on a proposal to which the network gave no answer.
    function openUnanswered(bytes32 id) external {
        if (proposals[id].state != State.Asked) revert WrongState(proposals[id].state);
        if (gateway.requestOf(id).caller != address(0)) revert StillOpen();
        _openVote(id);
    }

    function vote(bytes32 id, bool yes) external onlyMember {
        Proposal storage p = proposals[id];
        if (p.state != State.Voting || block.timestamp >= p.votingEndsAt) revert WrongState(p.state);
        if (hasVoted[id][msg.sender]) revert AlreadyVoted();
        hasVoted[id][msg.sender] = true;
        if (yes) ++p.yes;
        else ++p.no;
        emit Voted(id, msg.sender, yes);
    }

    function close(bytes32 id) external {
        Proposal storage p = proposals[id];
        if (p.state != State.Voting) revert WrongState(p.state);
        if (block.timestamp < p.votingEndsAt) revert StillOpen();
        bool accepted = p.yes > p.no;
        p.state = accepted ? State.Accepted : State.Rejected;
        emit Closed(id, accepted);
    }

    /// @notice Takes fees that came back out of the gateway; they pay for later questions.
    function collect() external {
        gateway.withdraw(address(this));
    }

    function _openVote(bytes32 id) private {
        proposals[id].state = State.Voting;
        proposals[id].votingEndsAt = uint64(block.timestamp) + votingPeriod;
    }
}
