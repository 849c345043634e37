// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AtomaSettlement} from "./AtomaSettlement.sol";
import {IInferenceConsumer} from "./IInferenceConsumer.sol";
import {NetworkRequest} from "./shared/NetworkRequest.sol";
import {Signatures} from "./shared/Signatures.sol";
import {TokenVault} from "./shared/TokenVault.sol";

/// @title Inference for contracts
/// @notice A contract asks and escrows its fee; the network answers with the signatures of several nodes that computed the
/// same result (P4, replicated), or the fee goes back.
contract InferenceGateway is TokenVault, EIP712 {
    using SafeERC20 for IERC20;

    bytes32 public constant ANSWER_TYPE = keccak256("Answer(bytes32 request,bytes32 resultHash)");

    uint256 public constant MODEL_MAX = 128; // bytes
    uint256 public constant PROMPT_MAX = 8 * 1024; // bytes; a longer one costs more gas than it is worth
    uint256 public constant RESULT_MAX = 16 * 1024; // bytes
    uint256 public constant REASON_MAX = 256; // bytes
    uint32 public constant TOKENS_MAX = 4096;
    uint8 public constant REPLICAS_MIN = 3; // below this a contract has to opt in (P4)
    uint8 public constant REPLICAS_MAX = 15;
    uint32 public constant CALLBACK_GAS_MAX = 500_000;
    uint32 public constant ANSWER_WINDOW_MIN = 1 minutes;
    uint32 public constant ANSWER_WINDOW_MAX = 1 days;

    /// @dev Kept back when the callback is called: what the rest of `fulfil` and the call itself need.
    uint256 private constant CALLBACK_GAS_RESERVE = 20_000;

    struct Request {
        address caller; // zero: unknown, or over
        uint64 deadline;
        uint32 callbackGas;
        uint128 maxFee;
        uint8 replicas;
    }

    /// @notice Where fees go and nodes are registered.
    AtomaSettlement public immutable settlement;
    /// @notice Seconds from a request to its deadline.
    uint32 public immutable answerWindow;

    uint256 private _counter;
    mapping(bytes32 id => Request) private _requests;

    /// @notice What a caller can take out: fees that came back.
    mapping(address caller => uint128) public withdrawable;
    /// @notice Whether a caller accepts the answer of a single node.
    mapping(address caller => bool) public belowReplicated;

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
    event InferenceRefunded(bytes32 indexed id);
    event InferenceDeclined(bytes32 indexed id, string reason);
    event CallbackFailed(bytes32 indexed id);
    event BelowReplicatedSet(address indexed caller, bool accepted);
    event Withdrawn(address indexed caller, address indexed to, uint128 amount);

    error NotSettler(address sender);
    error Paused();
    error AnswerWindowOutOfRange(uint32 answerWindow);
    error SizeOutOfRange(uint256 length, uint256 maximum);
    error TokensOutOfRange(uint32 maxTokens);
    error ReplicasOutOfRange(uint8 replicas);
    error CallbackGasOutOfRange(uint32 callbackGas);
    error RequestUnknownOrOver(bytes32 id);
    error AnswerTooLate(uint64 deadline);
    error RefundTooEarly(uint64 deadline);
    error FeeTooHigh(uint128 fee, uint128 maxFee);
    error NodesMismatch(uint256 nodes, uint8 replicas);
    error NodesNotAscending(address node);
    error SignaturesMalformed(uint256 length, uint256 expected);
    error AnswerNotSigned(address node);
    error GasInsufficient(uint256 left, uint256 needed);
    error NothingToWithdraw();

    modifier onlySettler() {
        if (msg.sender != settlement.settler()) revert NotSettler(msg.sender);
        _;
    }

    /// @param answerWindow_ Seconds, 1 minute to 1 day.
    constructor(AtomaSettlement settlement_, uint32 answerWindow_)
        TokenVault(settlement_.token())
        EIP712("Atoma Gateway", "1")
    {
        if (answerWindow_ < ANSWER_WINDOW_MIN || answerWindow_ > ANSWER_WINDOW_MAX) {
            revert AnswerWindowOutOfRange(answerWindow_);
        }
        settlement = settlement_;
        answerWindow = answerWindow_;
        // The settlement only ever pulls from its caller, so from here only in `fund`.
        token.forceApprove(address(settlement_), type(uint256).max);
    }

    /// @notice Whether this caller accepts the answer of a single node, which one dishonest node can make up.
    function optInBelowReplicated(bool accepted) external {
        belowReplicated[msg.sender] = accepted;
        emit BelowReplicatedSet(msg.sender, accepted);
    }

    /// @notice Asks the network. The sender needs to have approved `maxFee` tokens.
    /// @param model Name of the model, 1 to 128 bytes.
    /// @param prompt UTF-8 text, 1 to 8,192 bytes.
    /// @param maxTokens Length of the answer, 1 to 4,096.
    /// @param replicas Nodes that have to give the same answer: 3 to 15, or 1 after `optInBelowReplicated`.
    /// @param maxFee Most that the answer may cost; what it does not cost becomes withdrawable.
    /// @param callbackGas Gas for `onInferenceAnswer`, at most 500,000.
    function request(
        string calldata model,
        bytes calldata prompt,
        uint32 maxTokens,
        uint8 replicas,
        uint128 maxFee,
        uint32 callbackGas
    ) external nonReentrant returns (bytes32 id) {
        if (settlement.paused()) revert Paused();
        _requireSize(bytes(model).length, MODEL_MAX);
        _requireSize(prompt.length, PROMPT_MAX);
        if (maxTokens == 0 || maxTokens > TOKENS_MAX) revert TokensOutOfRange(maxTokens);
        bool accepted = replicas == 1 && belowReplicated[msg.sender];
        if (!accepted && (replicas < REPLICAS_MIN || replicas > REPLICAS_MAX)) revert ReplicasOutOfRange(replicas);
        if (maxFee == 0) revert ZeroAmount();
        if (callbackGas > CALLBACK_GAS_MAX) revert CallbackGasOutOfRange(callbackGas);

        id = keccak256(abi.encode(block.chainid, address(this), ++_counter));
        uint64 deadline = uint64(block.timestamp) + answerWindow;
        _requests[id] = Request(msg.sender, deadline, callbackGas, maxFee, replicas);
        emit InferenceRequested(id, msg.sender, model, prompt, maxTokens, replicas, maxFee, callbackGas, deadline);
        _pull(msg.sender, maxFee);
    }

    /// @notice Delivers an answer: takes the fee, keeps the rest for the caller, calls it back.
    /// @param nodes Who answered, strictly ascending, one per replica, each registered with the settlement.
    /// @param signatures 65 bytes of each node's current receipt key over Answer(request, resultHash).
    function fulfil(bytes32 id, bytes calldata result, uint128 fee, address[] calldata nodes, bytes calldata signatures)
        external
        nonReentrant
        onlySettler
    {
        Request memory r = _requests[id];
        if (r.caller == address(0)) revert RequestUnknownOrOver(id);
        if (block.timestamp > r.deadline) revert AnswerTooLate(r.deadline);
        if (result.length > RESULT_MAX) revert SizeOutOfRange(result.length, RESULT_MAX);
        if (fee > r.maxFee) revert FeeTooHigh(fee, r.maxFee);
        bytes32 resultHash = keccak256(result);
        _requireAnswer(NetworkRequest.idOf(r.caller, id), resultHash, r.replicas, nodes, signatures);

        _close(id, r.caller, r.maxFee - fee);
        emit InferenceAnswered(id, resultHash, fee);
        if (fee != 0) settlement.fund(fee);
        if (r.caller.code.length != 0) _callBack(id, r, resultHash, result, nodes);
    }

    /// @notice Gives the fee of an unanswered request back after its deadline; anyone may.
    function refund(bytes32 id) external nonReentrant {
        Request memory r = _requests[id];
        if (r.caller == address(0)) revert RequestUnknownOrOver(id);
        if (block.timestamp <= r.deadline) revert RefundTooEarly(r.deadline);
        _close(id, r.caller, r.maxFee);
        emit InferenceRefunded(id);
    }

    /// @notice Gives the fee back at once for a request that the network will not answer.
    function decline(bytes32 id, string calldata reason) external nonReentrant onlySettler {
        Request memory r = _requests[id];
        if (r.caller == address(0)) revert RequestUnknownOrOver(id);
        if (bytes(reason).length > REASON_MAX) revert SizeOutOfRange(bytes(reason).length, REASON_MAX);
        _close(id, r.caller, r.maxFee);
        emit InferenceDeclined(id, reason);
    }

    /// @notice Pays what is withdrawable by the sender.
    function withdraw(address to) external nonReentrant {
        if (to == address(0)) revert ZeroAddress();
        uint128 amount = withdrawable[msg.sender];
        if (amount == 0) revert NothingToWithdraw();
        withdrawable[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        _push(to, amount);
    }

    /// @notice An open request; all zero where it is unknown or over.
    function requestOf(bytes32 id) external view returns (Request memory) {
        return _requests[id];
    }

    /// @notice EIP-712 separator of answers.
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    function _close(bytes32 id, address caller, uint128 back) private {
        delete _requests[id];
        if (back != 0) withdrawable[caller] += back;
    }

    function _requireSize(uint256 length, uint256 maximum) private pure {
        if (length == 0 || length > maximum) revert SizeOutOfRange(length, maximum);
    }

    function _requireAnswer(
        bytes32 networkRequest,
        bytes32 resultHash,
        uint8 replicas,
        address[] calldata nodes,
        bytes calldata signatures
    ) private view {
        if (nodes.length != replicas) revert NodesMismatch(nodes.length, replicas);
        uint256 expected = nodes.length * Signatures.LENGTH;
        if (signatures.length != expected) revert SignaturesMalformed(signatures.length, expected);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(ANSWER_TYPE, networkRequest, resultHash)));
        address last;
        for (uint256 i; i < nodes.length; ++i) {
            if (nodes[i] <= last) revert NodesNotAscending(nodes[i]);
            last = nodes[i];
            address signer = Signatures.signer(digest, Signatures.part(signatures, i));
            if (signer == address(0) || signer != settlement.receiptKeyOf(last)) revert AnswerNotSigned(last);
        }
    }

    /// @dev The callee gets exactly the gas it asked for and none of what it returns is copied: it can harm only itself.
    function _callBack(
        bytes32 id,
        Request memory r,
        bytes32 resultHash,
        bytes calldata result,
        address[] calldata nodes
    ) private {
        bytes memory data = abi.encodeCall(IInferenceConsumer.onInferenceAnswer, (id, resultHash, result, nodes));
        (address consumer, uint256 callbackGas) = (r.caller, r.callbackGas);
        // A call gives at most 63/64 of what is left (EIP-150); without this check a settler could starve the callee.
        uint256 needed = (callbackGas + CALLBACK_GAS_RESERVE) * 64 / 63;
        if (gasleft() < needed) revert GasInsufficient(gasleft(), needed);
        bool ok;
        assembly ("memory-safe") {
            ok := call(callbackGas, consumer, 0, add(data, 0x20), mload(data), 0, 0)
        }
        if (!ok) emit CallbackFailed(id);
    }
}
