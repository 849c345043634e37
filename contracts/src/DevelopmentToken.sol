// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Token of local chains
/// @notice For development only: its owner makes as much of it as it likes. A real network uses an existing token.
contract DevelopmentToken is ERC20, Ownable {
    constructor() ERC20("Atoma Development Token", "DEV") Ownable(msg.sender) {}

    /// @notice One unit is one micro of the ledger (P11).
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }
}
