// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {AtomaSettlement} from "../../src/AtomaSettlement.sol";
import {DevelopmentToken} from "../../src/DevelopmentToken.sol";
import {InferenceGateway} from "../../src/InferenceGateway.sol";
import {Config} from "../../src/settlement/ParameterBounds.sol";
import {ProposalVote} from "../../examples/ProposalVote.sol";
import {VM} from "./Vm.sol";

/// @notice Deploys what is committed under artifacts/, so that the tests test what is shipped; from the source where
/// ATOMA_FROM_SOURCE is set, for the coverage report.
abstract contract Deployer {
    function deploySettlement(IERC20 token, Config memory config) internal returns (AtomaSettlement) {
        if (_fromSource()) return new AtomaSettlement(token, config);
        return AtomaSettlement(_create("AtomaSettlement", abi.encode(token, config)));
    }

    function deployGateway(AtomaSettlement settlement, uint32 answerWindow) internal returns (InferenceGateway) {
        if (_fromSource()) return new InferenceGateway(settlement, answerWindow);
        return InferenceGateway(_create("InferenceGateway", abi.encode(settlement, answerWindow)));
    }

    function deployToken() internal returns (DevelopmentToken) {
        if (_fromSource()) return new DevelopmentToken();
        return DevelopmentToken(_create("DevelopmentToken", ""));
    }

    function deployVote(InferenceGateway gateway, string memory model, address[] memory members, uint64 period)
        internal
        returns (ProposalVote)
    {
        if (_fromSource()) return new ProposalVote(gateway, model, members, period);
        return ProposalVote(_create("ProposalVote", abi.encode(gateway, model, members, period)));
    }

    function _fromSource() private view returns (bool) {
        return VM.envOr("ATOMA_FROM_SOURCE", false);
    }

    function _create(string memory name, bytes memory arguments) private returns (address made) {
        bytes memory code = bytes.concat(VM.getCode(string.concat("artifacts/", name, ".json")), arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
            if iszero(made) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}
