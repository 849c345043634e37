// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Fixture} from "../support/Fixture.sol";
import {VM} from "../support/Vm.sol";

contract DevelopmentTokenTest is Fixture {
    function test_OneUnitIsOneMicro() external view {
        eq(token.decimals(), 6);
    }

    function test_Mint_OnlyByTheOwner() external {
        reverts(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, STRANGER));
        VM.prank(STRANGER);
        token.mint(STRANGER, 1);
        token.mint(STRANGER, 1);
        eq(token.totalSupply(), 1);
    }
}
