// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Handler} from "./Handler.sol";

struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @notice The campaign: random calls of everyone, the books checked after each, everyone out at the end.
contract SettlementInvariants {
    Handler private handler;

    function setUp() external {
        handler = new Handler();
        handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[27] memory actions = [
            handler.deposit.selector,
            handler.requestExit.selector,
            handler.cancelExit.selector,
            handler.exit.selector,
            handler.redeemTwo.selector,
            handler.creditUser.selector,
            handler.fundBacking.selector,
            handler.pass.selector,
            handler.pauseOrUnpause.selector,
            handler.changeDelays.selector,
            handler.registerOperator.selector,
            handler.bondMore.selector,
            handler.requestUnbond.selector,
            handler.withdrawCollateral.selector,
            handler.equivocate.selector,
            handler.proposeVerdict.selector,
            handler.appealSlash.selector,
            handler.ruleSlash.selector,
            handler.executeSlash.selector,
            handler.lapseSlash.selector,
            handler.postRoot.selector,
            handler.cancelRoot.selector,
            handler.claimOne.selector,
            handler.claimAll.selector,
            handler.ask.selector,
            handler.fulfil.selector,
            handler.refund.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0].addr = address(handler);
        targets[0].selectors = new bytes4[](actions.length + 2);
        for (uint256 i; i < actions.length; ++i) {
            targets[0].selectors[i] = actions[i];
        }
        targets[0].selectors[actions.length] = handler.decline.selector;
        targets[0].selectors[actions.length + 1] = handler.withdrawFees.selector;
    }

    function invariant_BooksHold() external view {
        handler.checkSolvency();
        handler.checkPayouts();
        handler.checkRequesters();
        handler.checkCollateral();
    }

    function afterInvariant() external {
        handler.leaveAll();
    }
}
