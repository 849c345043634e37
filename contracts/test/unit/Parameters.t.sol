// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Config, ParameterBounds} from "../../src/settlement/ParameterBounds.sol";
import {Parameters} from "../../src/settlement/Parameters.sol";
import {TokenVault} from "../../src/shared/TokenVault.sol";
import {Fixture} from "../support/Fixture.sol";
import {VM} from "../support/Vm.sol";

contract ParametersTest is Fixture {
    function test_Constructor_SetsWhatItWasGiven() external view {
        eq(settlement.settler(), SETTLER);
        eq(settlement.parameterOf("settler"), uint160(SETTLER));
        eq(settlement.parameterOf("admin"), uint160(ADMIN));
        eq(settlement.parameterOf("guardian"), uint160(GUARDIAN));
        eq(settlement.parameterOf("exitDelay"), EXIT);
        eq(settlement.parameterOf("unbondDelay"), UNBOND);
        eq(settlement.parameterOf("appealWindow"), APPEAL);
        eq(settlement.parameterOf("rulingWindow"), RULING);
        eq(settlement.parameterOf("claimDelay"), CLAIM);
        eq(settlement.parameterOf("parameterDelay"), CHANGE);
        eq(settlement.parameterOf("collateralMin"), COLLATERAL_MIN);
        eq(settlement.parameterOf("verdictSigners"), THRESHOLD);
        eq(settlement.commitmentDomain(), commitments);
        eq(settlement.verdictSigners().length, 5);
    }

    function test_ParameterOf_Unknown_Reverts() external {
        reverts(abi.encodeWithSelector(Parameters.UnknownParameter.selector, bytes32("fee")));
        settlement.parameterOf("fee");
    }

    function test_Constructor_EachDelayOutOfRange_Reverts() external {
        for (uint256 i; i < 6; ++i) {
            for (uint256 j; j < 2; ++j) {
                Config memory c = config();
                uint32 bad = j == 0 ? 59 : 30 days + 1;
                if (i == 0) c.exitDelay = bad;
                if (i == 1) c.unbondDelay = bad;
                if (i == 2) c.appealWindow = bad;
                if (i == 3) c.rulingWindow = bad;
                if (i == 4) c.claimDelay = bad;
                if (i == 5) c.parameterDelay = bad;
                VM.expectPartialRevert(ParameterBounds.ParameterOutOfRange.selector);
                this.deploy(token, c);
            }
        }
    }

    function test_Constructor_ZeroRolesAmountOrToken_Reverts() external {
        for (uint256 i; i < 4; ++i) {
            Config memory c = config();
            if (i == 0) c.settler = address(0);
            if (i == 1) c.admin = address(0);
            if (i == 2) c.guardian = address(0);
            if (i == 3) c.collateralMin = 0;
            VM.expectPartialRevert(ParameterBounds.ParameterOutOfRange.selector);
            this.deploy(token, c);
        }
        reverts(TokenVault.ZeroAddress.selector);
        this.deploy(IERC20(address(0)), config());
    }

    function test_Constructor_UnbondBeforeRuling_Reverts() external {
        Config memory c = config();
        c.unbondDelay = c.appealWindow + c.rulingWindow - 1;
        reverts(abi.encodeWithSelector(ParameterBounds.UnbondDelayTooShort.selector, c.unbondDelay, APPEAL + RULING));
        this.deploy(token, c);
    }

    function test_Constructor_ParameterChangeFasterThanExitOrUnbond_Reverts() external {
        Config memory c = config();
        c.parameterDelay = UNBOND - 1;
        reverts(abi.encodeWithSelector(ParameterBounds.ParameterDelayTooShort.selector, UNBOND - 1, UNBOND));
        this.deploy(token, c);
        c = config();
        c.exitDelay = CHANGE + 1;
        reverts(abi.encodeWithSelector(ParameterBounds.ParameterDelayTooShort.selector, CHANGE, CHANGE + 1));
        this.deploy(token, c);
    }

    function test_Constructor_BadSigners_Reverts() external {
        for (uint256 i; i < 6; ++i) {
            Config memory c = config();
            if (i == 0) c.verdictSigners = new address[](0);
            if (i == 1) c.verdictSigners = new address[](16);
            if (i == 2) c.verdictSigners[0] = address(0);
            if (i == 3) c.verdictSigners[1] = c.verdictSigners[0]; // twice
            if (i == 4) c.verdictThreshold = 6; // more than there are
            if (i == 5) (c.verdictSigners, c.verdictThreshold) = (_ascending(4), 2); // half is not more than half
            reverts(ParameterBounds.VerdictSignersInvalid.selector);
            this.deploy(token, c);
        }
    }

    function test_Schedule_EachKey_AppliesAfterTheDelayOnly() external {
        bytes32[10] memory keys = [
            bytes32("exitDelay"),
            "unbondDelay",
            "appealWindow",
            "rulingWindow",
            "claimDelay",
            "parameterDelay",
            "collateralMin",
            "settler",
            "guardian",
            "admin"
        ];
        for (uint256 i; i < 10; ++i) {
            uint256 before = settlement.parameterOf(keys[i]);
            VM.prank(ADMIN);
            settlement.schedule(keys[i], before + 1);
            (uint256 value, uint64 availableAt) = settlement.scheduledOf(keys[i]);
            eq(value, before + 1);
            uint256 delay = settlement.parameterOf("parameterDelay");
            eq(availableAt, block.timestamp + delay);
            VM.warp(availableAt - 1);
            reverts(abi.encodeWithSelector(Parameters.ChangeTooEarly.selector, keys[i], availableAt));
            settlement.applyScheduled(keys[i]);
            eq(settlement.parameterOf(keys[i]), before);
            VM.warp(availableAt);
            settlement.applyScheduled(keys[i]);
            eq(settlement.parameterOf(keys[i]), before + 1);
            reverts(abi.encodeWithSelector(Parameters.NothingScheduled.selector, keys[i]));
            settlement.applyScheduled(keys[i]);
        }
    }

    function test_Schedule_NotAdmin_Reverts() external {
        bytes memory error_ = abi.encodeWithSelector(Parameters.NotAdmin.selector, address(this));
        reverts(error_);
        settlement.schedule("exitDelay", 1 days);
        reverts(error_);
        settlement.scheduleVerdictSigners(_ascending(3), 2);
        reverts(error_);
        settlement.cancel("exitDelay");
    }

    function test_Schedule_OutOfRange_Reverts() external {
        _refused("exitDelay", 59);
        _refused("claimDelay", 30 days + 1);
        _refused("exitDelay", uint256(1 days) + (1 << 32)); // would be a day after truncation
        _refused("collateralMin", 0);
        _refused("collateralMin", uint256(type(uint128).max) + 1);
        _refused("settler", 0);
        _refused("admin", uint256(type(uint160).max) + 1);
        _refused("guardian", 0);
        reverts(abi.encodeWithSelector(Parameters.UnknownParameter.selector, bytes32("verdictSigners")));
        VM.prank(ADMIN);
        settlement.schedule("verdictSigners", 2 days);
    }

    // The fault of many time locks: a rule that applies before those whom it hits can leave.
    function test_Schedule_ParameterChangeNeverFasterThanExit() external {
        VM.startPrank(ADMIN);
        reverts(abi.encodeWithSelector(ParameterBounds.ParameterDelayTooShort.selector, UNBOND - 1, UNBOND));
        settlement.schedule("parameterDelay", UNBOND - 1);
        reverts(abi.encodeWithSelector(ParameterBounds.ParameterDelayTooShort.selector, CHANGE, CHANGE + 1));
        settlement.schedule("exitDelay", CHANGE + 1);
        reverts(abi.encodeWithSelector(ParameterBounds.UnbondDelayTooShort.selector, UNBOND, UNBOND + 1));
        settlement.schedule("appealWindow", UNBOND - RULING + 1);
        VM.stopPrank();
    }

    function test_Apply_BoundsAreCheckedAgain() external {
        VM.startPrank(ADMIN);
        settlement.schedule("unbondDelay", CHANGE);
        settlement.schedule("parameterDelay", UNBOND); // each is fine alone
        VM.warp(block.timestamp + CHANGE);
        settlement.applyScheduled("unbondDelay");
        reverts(abi.encodeWithSelector(ParameterBounds.ParameterDelayTooShort.selector, UNBOND, CHANGE));
        settlement.applyScheduled("parameterDelay");
    }

    function test_Schedule_Again_WaitsAnew() external {
        VM.startPrank(ADMIN);
        settlement.schedule("claimDelay", 2 hours);
        VM.warp(block.timestamp + CHANGE - 1);
        settlement.schedule("claimDelay", 3 hours);
        VM.warp(block.timestamp + 1);
        VM.expectPartialRevert(Parameters.ChangeTooEarly.selector);
        settlement.applyScheduled("claimDelay");
    }

    function test_Cancel_TakesBack() external {
        VM.startPrank(ADMIN);
        reverts(abi.encodeWithSelector(Parameters.NothingScheduled.selector, bytes32("claimDelay")));
        settlement.cancel("claimDelay");
        settlement.schedule("claimDelay", 2 hours);
        settlement.cancel("claimDelay");
        settlement.scheduleVerdictSigners(_ascending(3), 2);
        settlement.cancel("verdictSigners");
        eq(settlement.scheduledVerdictSigners().length, 0);
        VM.warp(block.timestamp + CHANGE);
        reverts(abi.encodeWithSelector(Parameters.NothingScheduled.selector, bytes32("claimDelay")));
        settlement.applyScheduled("claimDelay");
        reverts(abi.encodeWithSelector(Parameters.NothingScheduled.selector, bytes32("verdictSigners")));
        settlement.applyScheduled("verdictSigners");
    }

    function test_VerdictSigners_AreReplacedTogether() external {
        address old = signers[0].addr;
        VM.prank(ADMIN);
        settlement.scheduleVerdictSigners(_ascending(3), 2);
        eq(settlement.scheduledVerdictSigners().length, 3);
        VM.warp(block.timestamp + CHANGE);
        settlement.applyScheduled("verdictSigners");
        require(!settlement.isVerdictSigner(old), "an old signer still counts");
        require(settlement.isVerdictSigner(address(3)), "a new signer does not count");
        eq(settlement.verdictThreshold(), 2);
        eq(settlement.verdictSigners().length, 3);
        eq(settlement.scheduledVerdictSigners().length, 0);
        reverts(ParameterBounds.VerdictSignersInvalid.selector);
        VM.prank(ADMIN);
        settlement.scheduleVerdictSigners(_ascending(4), 2);
    }

    function test_Pause_EndsByItself_AndCannotBeRenewedAtOnce() external {
        reverts(abi.encodeWithSelector(Parameters.NotGuardian.selector, address(this)));
        settlement.pause();
        VM.startPrank(GUARDIAN);
        reverts(Parameters.NotPaused.selector);
        settlement.unpause();
        settlement.pause();
        require(settlement.paused(), "not paused");
        reverts(abi.encodeWithSelector(Parameters.PauseTooEarly.selector, START + 7 days));
        settlement.pause();
        VM.warp(START + 3 days);
        require(!settlement.paused(), "a pause has to end by itself");
        VM.warp(START + 7 days - 1);
        reverts(abi.encodeWithSelector(Parameters.PauseTooEarly.selector, START + 7 days));
        settlement.pause();
        VM.warp(START + 7 days);
        settlement.pause();
        settlement.unpause();
        require(!settlement.paused(), "still paused");
        reverts(abi.encodeWithSelector(Parameters.PauseTooEarly.selector, START + 14 days));
        settlement.pause(); // ending it early does not earn another
        VM.stopPrank();
        reverts(abi.encodeWithSelector(Parameters.NotGuardian.selector, address(this)));
        settlement.unpause();
    }

    function deploy(IERC20 token_, Config calldata c) external {
        deploySettlement(token_, c);
    }

    function _refused(bytes32 key_, uint256 value) private {
        reverts(abi.encodeWithSelector(ParameterBounds.ParameterOutOfRange.selector, key_, value));
        VM.prank(ADMIN);
        settlement.schedule(key_, value);
    }

    function _ascending(uint256 count) private pure returns (address[] memory all) {
        all = new address[](count);
        for (uint256 i; i < count; ++i) {
            all[i] = address(uint160(i + 1));
        }
    }
}
