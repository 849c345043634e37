// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Config, Delays, ParameterBounds} from "./ParameterBounds.sol";

/// @title Parameters, roles and pause
/// @notice Every change waits `parameterDelay`, which is never shorter than the time in which requesters and nodes can
/// leave, so nobody is held to a rule that was not there when they could still go. No role can move anyone's money.
abstract contract Parameters {
    /// @notice A pause ends by itself after this long ...
    uint32 public constant PAUSE_MAX = 3 days;
    /// @notice ... and the next cannot start sooner than this after the last one started.
    uint32 public constant PAUSE_INTERVAL = 7 days;

    /// @notice Names of what can be changed.
    bytes32 public constant EXIT_DELAY = "exitDelay";
    bytes32 public constant UNBOND_DELAY = "unbondDelay";
    bytes32 public constant APPEAL_WINDOW = "appealWindow";
    bytes32 public constant RULING_WINDOW = "rulingWindow";
    bytes32 public constant CLAIM_DELAY = "claimDelay";
    bytes32 public constant PARAMETER_DELAY = "parameterDelay";
    bytes32 public constant COLLATERAL_MIN = "collateralMin";
    bytes32 public constant SETTLER = "settler";
    bytes32 public constant ADMIN = "admin";
    bytes32 public constant GUARDIAN = "guardian";
    bytes32 public constant VERDICT_SIGNERS = "verdictSigners";

    struct Change {
        uint256 value;
        uint64 availableAt; // 0: none
    }

    /// @notice EIP-712 separator of the commitments that are evidence.
    bytes32 public immutable commitmentDomain;

    Delays internal _delays;
    uint32 private _pauseStartedAt;
    uint32 private _pausedUntil;

    /// @notice Redeems vouchers, posts roots, answers the gateway.
    address public settler;
    /// @notice Schedules changes of parameters.
    address public admin;
    /// @notice Pauses, and cancels a root before it can be claimed from.
    address public guardian;
    /// @notice Least collateral to register.
    uint128 public collateralMin;
    /// @notice Signatures that a verdict needs.
    uint8 public verdictThreshold;
    /// @notice Whether this key's signature counts under a verdict.
    mapping(address key => bool) public isVerdictSigner;

    address[] private _verdictSigners;
    address[] private _scheduledSigners;
    mapping(bytes32 key => Change) private _changes;

    event ChangeScheduled(bytes32 indexed key, uint256 value, uint64 availableAt);
    event VerdictSignersScheduled(address[] signers, uint8 threshold, uint64 availableAt);
    event ChangeCancelled(bytes32 indexed key);
    event ParameterChanged(bytes32 indexed key, uint256 value);
    event VerdictSignersChanged(address[] signers, uint8 threshold);
    event Paused(uint64 until);
    event Unpaused();

    error NotSettler(address sender);
    error NotAdmin(address sender);
    error NotGuardian(address sender);
    error UnknownParameter(bytes32 key);
    error NothingScheduled(bytes32 key);
    error ChangeTooEarly(bytes32 key, uint64 availableAt);
    error WhilePaused(uint64 until);
    error NotPaused();
    error PauseTooEarly(uint64 availableAt);

    modifier onlySettler() {
        if (msg.sender != settler) revert NotSettler(msg.sender);
        _;
    }

    modifier onlyAdmin() {
        if (msg.sender != admin) revert NotAdmin(msg.sender);
        _;
    }

    modifier onlyGuardian() {
        if (msg.sender != guardian) revert NotGuardian(msg.sender);
        _;
    }

    modifier whenNotPaused() {
        if (paused()) revert WhilePaused(_pausedUntil);
        _;
    }

    constructor(Config memory config) {
        commitmentDomain = config.commitmentDomain;
        settler = ParameterBounds.role(SETTLER, uint160(config.settler));
        admin = ParameterBounds.role(ADMIN, uint160(config.admin));
        guardian = ParameterBounds.role(GUARDIAN, uint160(config.guardian));
        collateralMin = ParameterBounds.amount(COLLATERAL_MIN, config.collateralMin);
        Delays memory delays = Delays({
            exit: ParameterBounds.delay(EXIT_DELAY, config.exitDelay),
            unbond: ParameterBounds.delay(UNBOND_DELAY, config.unbondDelay),
            appeal: ParameterBounds.delay(APPEAL_WINDOW, config.appealWindow),
            ruling: ParameterBounds.delay(RULING_WINDOW, config.rulingWindow),
            claim: ParameterBounds.delay(CLAIM_DELAY, config.claimDelay),
            parameter: ParameterBounds.delay(PARAMETER_DELAY, config.parameterDelay)
        });
        ParameterBounds.requireConsistent(delays);
        _delays = delays;
        ParameterBounds.requireSigners(config.verdictSigners, config.verdictThreshold);
        _setSigners(config.verdictSigners, config.verdictThreshold);
    }

    /// @notice Announces a change. A second announcement for the same key replaces the first and waits anew.
    /// @param value Seconds for a delay, micros for `collateralMin`, the address for a role.
    function schedule(bytes32 key, uint256 value) external onlyAdmin {
        _check(key, value);
        uint64 availableAt = uint64(block.timestamp) + _delays.parameter;
        _changes[key] = Change(value, availableAt);
        emit ChangeScheduled(key, value, availableAt);
    }

    /// @notice Announces other verdict signers (1 to 15, strictly ascending) and how many of them a verdict needs.
    function scheduleVerdictSigners(address[] calldata signers, uint8 threshold) external onlyAdmin {
        ParameterBounds.requireSigners(signers, threshold);
        uint64 availableAt = uint64(block.timestamp) + _delays.parameter;
        _scheduledSigners = signers;
        _changes[VERDICT_SIGNERS] = Change(threshold, availableAt);
        emit VerdictSignersScheduled(signers, threshold, availableAt);
    }

    /// @notice Puts an announced change into effect; anyone may, once its delay is over.
    function applyScheduled(bytes32 key) external {
        Change memory change = _changes[key];
        if (change.availableAt == 0) revert NothingScheduled(key);
        if (block.timestamp < change.availableAt) revert ChangeTooEarly(key, change.availableAt);
        delete _changes[key];
        if (key == VERDICT_SIGNERS) {
            _setSigners(_scheduledSigners, uint8(change.value));
            delete _scheduledSigners;
            return;
        }
        _set(key, change.value);
        emit ParameterChanged(key, change.value);
    }

    /// @notice Takes an announcement back.
    function cancel(bytes32 key) external onlyAdmin {
        if (_changes[key].availableAt == 0) revert NothingScheduled(key);
        delete _changes[key];
        if (key == VERDICT_SIGNERS) delete _scheduledSigners;
        emit ChangeCancelled(key);
    }

    /// @notice Stops what brings money in or assigns it. Leaving, claiming and slashing go on.
    function pause() external onlyGuardian {
        uint64 next = uint64(_pauseStartedAt) + PAUSE_INTERVAL;
        if (_pauseStartedAt != 0 && block.timestamp < next) revert PauseTooEarly(next);
        _pauseStartedAt = uint32(block.timestamp);
        _pausedUntil = uint32(block.timestamp) + PAUSE_MAX;
        emit Paused(_pausedUntil);
    }

    function unpause() external onlyGuardian {
        if (!paused()) revert NotPaused();
        _pausedUntil = 0;
        emit Unpaused();
    }

    function paused() public view returns (bool) {
        return block.timestamp < _pausedUntil;
    }

    /// @notice The value in effect, encoded as `schedule` takes it; the threshold for the verdict signers.
    function parameterOf(bytes32 key) external view returns (uint256) {
        if (key == EXIT_DELAY) return _delays.exit;
        if (key == UNBOND_DELAY) return _delays.unbond;
        if (key == APPEAL_WINDOW) return _delays.appeal;
        if (key == RULING_WINDOW) return _delays.ruling;
        if (key == CLAIM_DELAY) return _delays.claim;
        if (key == PARAMETER_DELAY) return _delays.parameter;
        if (key == COLLATERAL_MIN) return collateralMin;
        if (key == SETTLER) return uint160(settler);
        if (key == ADMIN) return uint160(admin);
        if (key == GUARDIAN) return uint160(guardian);
        if (key == VERDICT_SIGNERS) return verdictThreshold;
        revert UnknownParameter(key);
    }

    /// @return value The announced value.
    /// @return availableAt From when it can be applied; 0 where nothing is announced.
    function scheduledOf(bytes32 key) external view returns (uint256 value, uint64 availableAt) {
        return (_changes[key].value, _changes[key].availableAt);
    }

    function verdictSigners() external view returns (address[] memory) {
        return _verdictSigners;
    }

    function scheduledVerdictSigners() external view returns (address[] memory) {
        return _scheduledSigners;
    }

    function _check(bytes32 key, uint256 value) private view {
        if (key == COLLATERAL_MIN) ParameterBounds.amount(key, value);
        else if (key == SETTLER || key == ADMIN || key == GUARDIAN) ParameterBounds.role(key, value);
        else ParameterBounds.requireConsistent(_with(key, value));
    }

    function _set(bytes32 key, uint256 value) private {
        if (key == COLLATERAL_MIN) {
            collateralMin = ParameterBounds.amount(key, value);
        } else if (key == SETTLER) {
            settler = ParameterBounds.role(key, value);
        } else if (key == ADMIN) {
            admin = ParameterBounds.role(key, value);
        } else if (key == GUARDIAN) {
            guardian = ParameterBounds.role(key, value);
        } else {
            Delays memory delays = _with(key, value);
            ParameterBounds.requireConsistent(delays);
            _delays = delays;
        }
    }

    /// @dev The delays in effect with one of them replaced.
    function _with(bytes32 key, uint256 value) private view returns (Delays memory delays) {
        delays = _delays;
        uint32 delay = ParameterBounds.delay(key, value);
        if (key == EXIT_DELAY) delays.exit = delay;
        else if (key == UNBOND_DELAY) delays.unbond = delay;
        else if (key == APPEAL_WINDOW) delays.appeal = delay;
        else if (key == RULING_WINDOW) delays.ruling = delay;
        else if (key == CLAIM_DELAY) delays.claim = delay;
        else if (key == PARAMETER_DELAY) delays.parameter = delay;
        else revert UnknownParameter(key);
    }

    function _setSigners(address[] memory signers, uint8 threshold) private {
        for (uint256 i; i < _verdictSigners.length; ++i) {
            isVerdictSigner[_verdictSigners[i]] = false;
        }
        for (uint256 i; i < signers.length; ++i) {
            isVerdictSigner[signers[i]] = true;
        }
        _verdictSigners = signers;
        verdictThreshold = threshold;
        emit VerdictSignersChanged(signers, threshold);
    }
}
